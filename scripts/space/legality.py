"""Committed configs on other GPUs: how many are legal there, and each triple of one device pair."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from kernels.formats import SCHEMES, Format
from scripts.lib import command_line
from scripts.lib.carry import carried_over
from scripts.lib.config import Config, parse_id
from scripts.lib.device import Device, find_device
from scripts.lib.log import run_main
from scripts.lib.schemas.corpus import SHAPES, TRIPLES
from scripts.lib.schemas.history import HISTORY, Status
from scripts.lib.schemas.space import LEGALITY, TRIPLES_LEGALITY, Rejection, Stage
from scripts.lib.tables import read_table, write_table
from scripts.space.judge import gate_up, judge, read_compiled
from scripts.space.representatives import launched, representative
from scripts.space.spaces import frame_of
from scripts.space.triples import judge_triples

EXAMPLE = """example:
  python -m scripts.space.legality --devices NVIDIA_H200 AMD_Instinct_MI300X \\
    --source NVIDIA_H100_80GB_HBM3 --destination AMD_Instinct_MI300X \\
    --history data/recorded/history.parquet --triples results/tables/corpus/triples.parquet \\
    --shapes results/tables/corpus/shapes.parquet --compiled data/recorded/space/*.parquet \\
    --out results/tables/space/legality.parquet \\
    --out-triples results/tables/space/triples_legality.parquet
"""


def judge_committed(
    ids: Iterable[str], device: Device, scheme: str, compiled: pd.DataFrame
) -> pd.DataFrame:
    """Verdicts (judge.VERDICT) on configs as they stand, one row an id, indexed by it."""
    wanted = sorted(set(ids))
    if scheme not in SCHEMES:
        refused = {"legal": False, "stage": Stage.PREFILTER, "reason": Rejection.SCHEME_UNSUPPORTED}
        return pd.DataFrame(refused, index=wanted)
    form = SCHEMES[scheme]
    configs = [parse_id(config_id) for config_id in wanted]
    binaries = gate_up(compiled, device.arch, scheme)
    # As the runtimes launch them: with BLOCK_SIZE_K cut to the scale block.
    frame = frame_of([launched(config, form) for config in configs])
    stands = pd.Series([_binary(config, form, binaries.index) for config in configs], dtype=object)
    return judge(frame, stands, device, form, binaries).set_axis(wanted)


def _binary(config: Config, form: Format, compiled: pd.Index) -> str:
    """The config's own binary if there is one, else its representative's."""
    own = launched(config, form).id
    return own if own in compiled else representative(config, form).id


def legality_matrix(
    history: pd.DataFrame, devices: list[Device], compiled: pd.DataFrame
) -> pd.DataFrame:
    """Rows of LEGALITY: all GPUs with committed configs against ``devices``, per scheme, sorted."""
    committed = history[history["status"] == Status.CONFIG]
    rows: list[dict[str, Any]] = []
    for device in devices:
        for scheme, entries in committed.groupby("scheme", sort=True):
            rows += _matrix_rows(entries, device, str(scheme), compiled)
    frame = pd.DataFrame(rows, columns=LEGALITY.names)
    return frame.sort_values(["source", "target", "scheme"], ignore_index=True)


def _matrix_rows(
    entries: pd.DataFrame, device: Device, scheme: str, compiled: pd.DataFrame
) -> list[dict[str, Any]]:
    carried = entries["config_id"].map(
        {i: carried_over(parse_id(i), device).id for i in entries["config_id"].unique()}
    )
    verdicts = judge_committed([*entries["config_id"], *carried], device, scheme, compiled)
    judged = entries.assign(
        as_is=verdicts["legal"].reindex(entries["config_id"]).to_numpy(bool),
        legal=verdicts["legal"].reindex(carried).to_numpy(bool),
        why=verdicts["reason"].reindex(carried).to_numpy(object),
    )
    return [
        {
            "source": source,
            "target": device.name,
            "scheme": scheme,
            "configs": len(mine),
            "legal": int(mine["as_is"].sum()),
            "legal_carried": int(mine["legal"].sum()),
            "reasons": json.dumps(mine["why"].value_counts().to_dict(), sort_keys=True),
        }
        for source, mine in judged.groupby("device", sort=True)
    ]


def main(argv: list[str] | None = None) -> int:
    """Parse, read, judge, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--devices", nargs="+", required=True, help="GPUs to judge on")
    parser.add_argument("--source", required=True, help="GPU the triples come from")
    parser.add_argument("--destination", required=True, help="GPU the triples go to")
    parser.add_argument("--history", type=Path, required=True, help="mined history (HISTORY)")
    parser.add_argument("--triples", type=Path, required=True, help="triples (TRIPLES)")
    parser.add_argument("--shapes", type=Path, required=True, help="shapes (SHAPES)")
    parser.add_argument("--compiled", type=Path, nargs="+", required=True, help="COMPILED tables")
    parser.add_argument("--out", type=Path, required=True, help="LEGALITY table to write")
    parser.add_argument("--out-triples", type=Path, required=True, help="TRIPLES_LEGALITY table")
    args = parser.parse_args(argv)

    def body() -> None:
        compiled = read_compiled(args.compiled)
        devices = [find_device(name) for name in args.devices]
        history = read_table(args.history, HISTORY)
        write_table(args.out, legality_matrix(history, devices, compiled), LEGALITY)
        triples = read_table(args.triples, TRIPLES)
        pair = (triples["source"] == args.source) & (triples["target"] == args.destination)
        rows = judge_triples(
            triples[pair],
            read_table(args.shapes, SHAPES),
            find_device(args.destination),
            lambda ids, scheme: judge_committed(
                ids, find_device(args.destination), scheme, compiled
            ),
        )
        write_table(args.out_triples, rows, TRIPLES_LEGALITY)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
