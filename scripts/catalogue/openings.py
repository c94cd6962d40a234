"""What would be written for recorded cells had they not been recorded, against what was measured.

Once for each choice of what may teach (scripts.lib.teaching): *family out*, as for a layer on a GPU
that was recorded, and *GPU out*, as for a GPU of which nothing was. Cells whose every legal config
was measured are judged under both, those of which a few were under the second, where the config
that would be written is one of them.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.catalogue.candidates import Candidates, Heard, Pool, read_pool
from scripts.catalogue.naming import Latencies, Named, Question, latencies, named, questions
from scripts.lib import command_line
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.openings import FEW, NAMED, OPENINGS, SHIPPED, WHOLE
from scripts.lib.schemas.sim import SIM_HELD_OUT
from scripts.lib.shape import Cell, parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.lib.teaching import Families, Teaching, read_families
from scripts.sim.facts import read_facts
from scripts.sim.gpu_out import simulator_without
from scripts.sim.recorded import read_measured
from scripts.transfer.committed_files import read_history
from scripts.transfer.legal import LegalSpace, read_legal
from scripts.transfer.library import layer_of

LOG = logging.getLogger("catalogue.openings")
Row = dict[str, Any]
EXAMPLE = """example, shortened at …:
  D=data/recorded/measured
  python -m scripts.catalogue.openings --whole $D/nvidia_h200-complete/trials.parquet … \\
    --few $D/nvidia_h200-corpus/trials.parquet \\
    --spaces results/tables/space/NVIDIA_H200-*.parquet \\
    --history data/recorded/history.parquet --shapes results/tables/corpus/shapes.parquet \\
    --predictions results/tables/sim/family_out/sim_held_out.parquet --seed 1 \\
    --out results/tables/catalogue/openings.parquet
"""


@dataclass(frozen=True)
class Study:
    """What is judged, and what may be known of it.

    ``measured``: by ``WHOLE`` and ``FEW`` the correct trials (scripts.sim.recorded); of a cell in
    both, the whole counts. ``held_out``: predictions, by models that had not seen the family.
    """

    measured: Mapping[str, pd.DataFrame]
    pool: Pool
    spaces: Mapping[tuple[str, str], LegalSpace]
    facts: pd.DataFrame
    families: Families
    held_out: Latencies
    seed: int


def openings(study: Study) -> pd.DataFrame:
    """OPENINGS rows, sorted."""
    rows: list[Row] = []
    for teaching, kinds in ((Teaching.FAMILY_OUT, (WHOLE,)), (Teaching.GPU_OUT, (WHOLE, FEW))):
        trials = _trials(study, kinds)
        cells = [parse_cell(cell_id) for cell_id in sorted(set(trials["cell_id"]))]
        for device, mine in groupby(cells, key=lambda cell: cell.device):
            rows += _of_gpu(study, teaching, device, list(mine), trials)
    if not rows:
        raise InputError("no recorded cell has a default to be compared with; record one")
    frame = pd.DataFrame(rows, columns=OPENINGS.names)
    return frame.sort_values(["teaching", "choice", "cell_id"], ignore_index=True)


def _trials(study: Study, kinds: Sequence[str]) -> pd.DataFrame:
    """Each cell from the first kind that holds it."""
    parts: list[pd.DataFrame] = []
    for kind in kinds:
        own = study.measured[kind]
        seen = {cell_id for part in parts for cell_id in part["cell_id"].unique()}
        parts.append(own[~own["cell_id"].isin(seen)].assign(kind=kind))
    return pd.concat(parts, ignore_index=True)


def _of_gpu(
    study: Study, teaching: Teaching, device: str, cells: Sequence[Cell], trials: pd.DataFrame
) -> Iterator[Row]:
    wanted = [
        question
        for (scheme, layer), mine in groupby(
            sorted(cells, key=_format_and_layer), key=_format_and_layer
        )
        for question in questions(
            study.pool,
            list(mine),
            study.spaces[device, scheme],
            heard_under(teaching, device, layer, study.families),
            recorded=teaching is not Teaching.GPU_OUT,
        )
        if question.default is not None
    ]
    us, shipped = study.held_out, list[Question]()
    if teaching is Teaching.GPU_OUT:
        shipped = _shipped(study, wanted)
        others = simulator_without(device, study.measured[WHOLE], study.facts, study.seed)
        us = latencies([*wanted, *shipped], study.facts, others)
    by_cell = {str(name): rows for name, rows in trials.groupby("cell_id")}
    for choice, mine in ((NAMED, wanted), (SHIPPED, shipped)):
        for one in named(mine, us):
            row = _opening(one, by_cell[one.question.cell.id])
            if row is not None:
                layer = layer_of(one.question.cell.shape)
                about = {"family": study.families.of(layer), "teaching": teaching.value}
                yield row | about | {"choice": choice}


def _shipped(study: Study, wanted: Sequence[Question]) -> list[Question]:
    """The same cells with what the runtime ships for the GPU in the place of candidates."""
    found = []
    for one in wanted:
        file = study.pool.history.files(one.cell.shape).get(one.cell.device)
        if file is not None:
            held = Candidates({file.at(one.cell.tokens): (one.cell.device,)}, ())
            found.append(replace(one, candidates=held))
    return found


def _format_and_layer(cell: Cell) -> tuple[str, str]:
    return cell.shape.scheme, layer_of(cell.shape)


def heard_under(teaching: Teaching, device: str, layer: str, families: Families) -> Heard:
    """Which files may be heard of a layer: not the GPU's own, or not its own of the family."""
    if teaching is Teaching.GPU_OUT:
        return lambda owner, _: owner != device
    family = families.of(layer)
    return lambda owner, other: owner != device or families.of(other) != family


def _opening(one: Named, trials: pd.DataFrame) -> Row | None:
    """None without a prediction, or where one of the two was not measured."""
    cell, default = one.question.cell, one.question.default
    us = dict(zip(trials["config_id"], trials["us"].tolist(), strict=True))
    assert default is not None
    if one.ratio is None or default.id not in us or one.config.id not in us:
        return None
    return {
        "cell_id": cell.id,
        "device": cell.device,
        "scheme": cell.shape.scheme,
        "tokens": cell.tokens,
        "recorded": str(trials["kind"].iloc[0]),
        "sources": len(one.sources),
        "first_id": one.config.id,
        "default_id": default.id,
        "predicted_ratio": _digits(one.ratio),
        "measured_ratio": _digits(us[one.config.id] / us[default.id]),
        "best_ratio": _digits(min(us.values()) / us[default.id]),
    }


def _digits(value: float) -> float:
    return float(f"{value:.10g}")


def read_study(args: argparse.Namespace) -> Study:
    """Everything that the command line names. InputError for what does not fit together."""
    measured = {WHOLE: read_measured(args.whole), FEW: read_measured(args.few)}
    pairs = {
        (str(device), str(scheme))
        for frame in measured.values()
        for device, scheme in frame[["device", "scheme"]].drop_duplicates().itertuples(index=False)
    }
    by_name = {path.stem: path for path in args.spaces}
    spaces = {}
    for device, scheme in sorted(pairs):
        path = by_name.get(f"{device}-{scheme}")
        if path is None:
            raise InputError(f"--spaces: no {device}-{scheme}.parquet, of which cells are recorded")
        spaces[device, scheme] = read_legal(path, device, scheme)
    return Study(
        measured,
        read_pool(read_history(args.history), args.shapes),
        spaces,
        read_facts(args.spaces),
        read_families(args.shapes),
        _held_out(args.predictions),
        args.seed,
    )


def _held_out(path: Path) -> Latencies:
    frame = read_table(path, SIM_HELD_OUT)
    other = set(frame["teaching"]) - {Teaching.FAMILY_OUT}
    if other:
        raise InputError(f"{path}: column teaching: {', '.join(other)}; family_out is wanted")
    keys = zip(frame["cell_id"], frame["config_id"], strict=True)
    return dict(zip(keys, frame["predicted_us"].tolist(), strict=True))


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--whole", type=Path, nargs="+", required=True, help="TRIALS of all legal configs of cells")
    add("--few", type=Path, nargs="+", required=True, help="TRIALS of a few configs of cells")
    add("--spaces", type=Path, nargs="+", required=True, help="SPACE tables of recorded GPUs")
    add("--history", type=Path, required=True, help="HISTORY table")
    add("--shapes", type=Path, required=True, help="SHAPES table of the corpus: model families")
    add("--predictions", type=Path, required=True, help="SIM_HELD_OUT table, family out")
    add("--seed", type=int, required=True, help="of the model that other GPUs teach")
    add("--out", type=Path, required=True, help="OPENINGS table to write")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse, read, open, write."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        frame = openings(read_study(args))
        write_table(args.out, frame, OPENINGS)
        LOG.info("%s: %d openings", args.out, len(frame))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
