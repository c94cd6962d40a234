"""How far predictions were off: of held-out cells, and of cells that were not yet measured.

Cross-validated: by models that had not seen the layer, or its model family. Stamped: as the
prediction stood on the plan, by the model of that day (scripts.sim.stamped); the cross-validated
figure of the same cells stands beside it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.judging.bands import NEAR
from scripts.lib.log import run_main
from scripts.lib.schemas.sim import ALL_SCHEMES, OF_THAT_DAY, SIM_CELLS, SIM_ERRORS, Group
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.lib.teaching import Teaching, read_families
from scripts.sim import facts as compiler
from scripts.sim.options import command
from scripts.sim.stamped import read_recorded, stamped

LOG = logging.getLogger("sim.errors")
Row = dict[str, Any]

EXAMPLE = """example:
  D=data/recorded/measured
  python -m scripts.sim.errors --held-out layer_out results/tables/sim/sim_cells.parquet \\
    --held-out family_out results/tables/sim/family_out/sim_cells.parquet \\
    --whole $D/nvidia_h200-complete/trials.parquet --few $D/nvidia_h200-corpus/trials.parquet \\
    --models $D/*/model.json.xz --shapes results/tables/corpus/shapes.parquet \\
    --space results/tables/space/NVIDIA_H200-*.parquet --out results/tables/sim/sim_errors.parquet
"""


def held_out(cells: pd.DataFrame, teaching: Teaching) -> pd.DataFrame:
    """The rows of SIM_CELLS so taught, as ``graphx-sim rank`` orders, with their layer.

    InputError if there is none.
    """
    wanted = {"dataset": "learned_from", "held_out": teaching.removesuffix("_out")}
    for column, value in (wanted | {"model": "corrected"}).items():
        cells = cells[cells[column] == value]
    if cells.empty:
        raise InputError(f"--held-out {teaching}: SIM_CELLS has no cell so taught")
    shapes = {name: parse_cell(name).shape for name in cells["cell_id"]}
    layers = {name: one.id.removesuffix(f"-{one.scheme}") for name, one in shapes.items()}
    return cells.assign(layer=cells["cell_id"].map(layers))


def errors(
    taught: Mapping[Teaching, pd.DataFrame], whole: pd.DataFrame, few: pd.DataFrame
) -> pd.DataFrame:
    """SIM_ERRORS. ``taught``: of ``held_out``; ``whole``, ``few``: of ``stamped``."""
    rows = [*_recorded(taught)]
    for group, cells in _groups(whole):
        by = {OF_THAT_DAY: cells}
        by |= {name: own[own["cell_id"].isin(cells["cell_id"])] for name, own in taught.items()}
        for name, own in by.items():
            rows += [
                {"device": device, "group": str(group), "scheme": ALL_SCHEMES, "taught": str(name)}
                | _off(part)
                for device, part in own.groupby("device")
            ]
    for device, part in few.groupby("device") if len(few) else ():
        about = {
            "device": device,
            "group": str(Group.FEW),
            "scheme": ALL_SCHEMES,
            "taught": OF_THAT_DAY,
        }
        # The fastest of a few configs is no best to be near to, and their order says little.
        rows.append(about | _off(part) | {"within_2_8": None, "spearman": None})
    return pd.DataFrame(rows, columns=SIM_ERRORS.names)


def _recorded(taught: Mapping[Teaching, pd.DataFrame]) -> Iterator[Row]:
    """Every completely recorded cell: over all number formats, and over each."""
    for name, cells in taught.items():
        both = pd.concat([cells.assign(scheme=ALL_SCHEMES), cells])
        for (device, scheme), part in both.groupby(["device", "scheme"]):
            about = {
                "device": device,
                "group": str(Group.RECORDED),
                "scheme": scheme,
                "taught": str(name),
            }
            yield about | _off(part)


def _groups(whole: pd.DataFrame) -> Iterator[tuple[Group, pd.DataFrame]]:
    if whole.empty:
        return
    yield Group.STAMPED, whole
    yield Group.NEW_FORMAT, whole[whole["new_format"]]
    yield Group.KNOWN_FORMAT, whole[~whole["new_format"]]
    yield Group.NEW_FAMILY, whole[whole["new_family"]]


def _off(cells: pd.DataFrame) -> Row:
    """What is said of some cells: medians and shares over them."""
    stamps = "new_format" in cells
    return {
        "models": ", ".join(sorted(cells["model"].unique())) if stamps else None,
        "cells": len(cells),
        "layers": cells["layer"].nunique(),
        "spearman": round(float(cells["spearman"].median()), 10),
        "error": round(float(cells["error"].median()), 10),
        "error_p95": round(float(cells["error"].quantile(0.95)), 10),
        "within_2_8": round(float((cells["regret_8"] <= NEAR).mean()), 10),
    }


def main(argv: list[str] | None = None) -> int:
    """Parse, read, compare, write."""
    parser = command("errors", __doc__, EXAMPLE)
    add = parser.add_argument
    add("--held-out", nargs=2, action="append", required=True, metavar=("TEACHING", "SIM_CELLS"),
        help="cells predicted by models so taught; once for each teaching")  # fmt: skip
    add("--whole", type=Path, nargs="*", default=[], help="TRIALS of the whole space of each cell")
    add("--few", type=Path, nargs="*", default=[], help="TRIALS of a few configs of each cell")
    add("--models", type=Path, nargs="*", default=[], help="models recorded beside them")
    add("--shapes", type=Path, required=True, help="SHAPES table of the corpus: model families")
    add("--space", type=Path, nargs="*", default=[], help="SPACE tables: facts")
    add("--out", type=Path, required=True, help="SIM_ERRORS table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        taught = {}
        for name, path in args.held_out:
            if name not in list(Teaching):
                raise InputError(f"--held-out {name}: one of {', '.join(Teaching)} is wanted")
            taught[Teaching(name)] = held_out(read_table(Path(path), SIM_CELLS), Teaching(name))
        models = [read_recorded(path) for path in args.models]
        facts, families = compiler.read_facts(args.space), read_families(args.shapes)
        whole, few = (
            pd.concat(
                [stamped(path, models, facts, families) for path in paths] or [pd.DataFrame()]
            )
            for paths in (args.whole, args.few)
        )
        found = errors(taught, whole, few)
        write_table(args.out, found, SIM_ERRORS)
        LOG.info("%s: %d rows; %d cells were predicted before", args.out, len(found), len(whole))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
