"""The claim gate decides whether a config file may be said to be better than the committed one.

Only if all of these hold: both files cover the token grid and every difference between them was
measured, paired, on cells without a mark; all configs were correct; all were compiled ahead for the
GPU and fit it; nowhere is the candidate slower beyond the locked spec's band, of the kernels and,
for an end-to-end claim, of the whole layer; for such a claim the engine read the file, launched its
configs by the kernels that it was judged under, and said the same with it as without; and somewhere
it wins by more than the margin. What is missing fails. The verdict gives every reason, and each
number of tokens with its evidence.

Exit status: 0 the claim may be made; 1 it may not, see the reasons; 2 bad input, or an edited
baseline.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.claims import checks
from scripts.claims.baseline import BASELINE, read_baseline
from scripts.claims.candidate import baseline_of, read_candidate
from scripts.claims.comparator import Order, compare
from scripts.claims.engine import in_engine
from scripts.claims.evidence import Recording, read_recording
from scripts.lib import command_line
from scripts.lib.config import Config
from scripts.lib.files import InputError, sha256, write_json
from scripts.lib.log import run_main
from scripts.lib.recordings import Scope
from scripts.lib.schemas.engine import ENGINE_OUTPUTS
from scripts.lib.schemas.space import SPACE
from scripts.lib.spec import Spec, read_spec, spec_hash
from scripts.lib.tables import read_table

KERNEL, END_TO_END = "kernel", "end_to_end"
EXAMPLE = """example:
  python -m scripts.claims.gate --candidate candidate.json --baseline data/baseline.csv \\
      --layer NVIDIA_H200/E8-N3584-K4096-top2-bf16 \\
      --finals data/recorded/measured/nvidia_h200-bf16/finals.parquet \\
      --space results/tables/space/NVIDIA_H200-bf16.parquet --claim kernel --out verdict.json"""


def judge(
    candidate: dict[int, Config],
    baseline: dict[int, Any],
    recordings: Sequence[Recording],
    space: pd.DataFrame,
    spec: Spec,
    claim: str,
    *,
    judging_half: bool = False,
    layer: str = "",
    outputs: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """The verdict, as it is written; see the module. ``space``: SPACE of the GPU and scheme.

    ``outputs``: ENGINE_OUTPUTS, wanted of the ``layer`` for an end-to-end claim.
    """
    points = checks.make_points(candidate, baseline, recordings, spec, judging_half=judging_half)
    order = compare([point.standing(spec) for point in points])
    found = {
        "coverage": _check(checks.coverage(candidate, points, spec)),
        "correctness": _check(checks.correctness(points, recordings, spec)),
        "ahead_of_time": _check(checks.ahead_of_time(points, space)),
        "kernel_path": _check(checks.no_regression(points, spec, "kernel")),
        "win": _check(checks.real_win(points, spec)),
    }
    if claim == END_TO_END or any(point.layer for point in points):
        reasons = [*checks.no_regression(points, spec, checks.LAYER)]
        if claim == END_TO_END:
            judged = {hash_ for one in recordings for hash_ in one.kernels_of(Scope.OP)}
            reasons += in_engine(candidate, layer, outputs, judged, spec.logits_diff)
        found[END_TO_END] = _check(reasons)
    passed = all(check["pass"] for check in found.values())
    return {
        "version": 1,
        "claim": claim,
        "claimable_win": passed and order == Order.DOMINATES,
        "order": order,
        "checks": found,
        "reasons": [reason for check in found.values() for reason in check["reasons"]],
        "points": [point.to_json(spec) for point in points],
    }


def _check(reasons: Iterable[str]) -> dict[str, Any]:
    listed = list(reasons)
    return {"pass": not listed, "reasons": listed}


def _parser() -> argparse.ArgumentParser:
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--candidate", type=Path, required=True, help="config file to judge")
    parser.add_argument("--baseline", type=Path, default=BASELINE, help="locked baseline, CSV")
    parser.add_argument("--layer", required=True, help="GPU/shape of the config file")
    parser.add_argument(
        "--finals", type=Path, nargs="+", required=True,
        help="finals of recordings, of the kernels or of the layer; cells and trials lie beside "
        "them, and all that hold a pair count",
    )  # fmt: skip
    parser.add_argument(
        "--space", type=Path, nargs="+", required=True, help="compiled spaces, one of the layer's"
    )
    parser.add_argument(
        "--claim", choices=(END_TO_END, KERNEL), default=END_TO_END,
        help="kernel: of the GEMMs only; a layer that was measured must not regress either way",
    )  # fmt: skip
    parser.add_argument(
        "--engine", type=Path,
        help="ENGINE_OUTPUTS table (scripts.serving.engine), which an end-to-end claim needs",
    )  # fmt: skip
    parser.add_argument(
        "--judging-half", action="store_true",
        help="only the rounds by which scripts.statistics.gains judges what it picked",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, help="JSON file for the verdict")
    return parser


def _space_of(paths: Sequence[Path], layer: str) -> pd.DataFrame:
    """The space of a layer's GPU and number formats; InputError if none of the tables is it."""
    device, _, shape_id = layer.partition("/")
    spaces = pd.concat([read_table(path, SPACE) for path in paths], ignore_index=True)
    scheme = shape_id.rpartition("-")[2]
    own = spaces[(spaces["device"] == device) & (spaces["scheme"] == scheme)]
    if own.empty:
        known = sorted({path.stem for path in paths})
        raise InputError(f"space: none of {', '.join(known)} is that of {layer}; name that one")
    return own


def _verdict(arguments: argparse.Namespace) -> dict[str, Any]:
    spec = read_spec()
    own = baseline_of(read_baseline(arguments.baseline), arguments.layer)
    cell_ids = [row.cell_id for row in own.values()]
    verdict = judge(
        read_candidate(arguments.candidate),
        own,
        [read_recording(path.parent, cell_ids) for path in arguments.finals],
        _space_of(arguments.space, arguments.layer),
        spec,
        arguments.claim,
        judging_half=arguments.judging_half,
        layer=arguments.layer,
        outputs=read_table(arguments.engine, ENGINE_OUTPUTS) if arguments.engine else None,
    )
    files = {name: getattr(arguments, name) for name in ("candidate", "baseline")}
    named = {name: {"path": p.as_posix(), "sha256": sha256(p)} for name, p in files.items()}
    return verdict | named | {"layer": arguments.layer, "spec_hash": spec_hash()}


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    arguments = _parser().parse_args(argv)
    claimable = False

    def body() -> None:
        nonlocal claimable
        verdict = _verdict(arguments)
        claimable = verdict["claimable_win"]
        if arguments.out:
            write_json(arguments.out, verdict)
        print(f"{arguments.candidate}: {'claimable win' if claimable else 'no claim'}: "
              f"{verdict['order']}")  # fmt: skip
        for reason in verdict["reasons"]:
            print(f"  {reason}")

    return run_main(body, lambda: int(not claimable))


if __name__ == "__main__":
    sys.exit(main())
