"""Write measured cells for the tools of the tuning community: T4, and Kernel Tuner's cache file.

For each cell a folder ``<out>/<cell id>/`` with ``results.json`` and ``metadata.json`` (T4) and
``cache.json`` (what Kernel Tuner's simulation mode reads).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.export.cell_space import CellSpace, cell_space
from scripts.export.simulation_cache import simulation_cache
from scripts.export.t4_results import t4_metadata, t4_results
from scripts.lib import command_line
from scripts.lib.files import InputError, read_json, write_json, write_text
from scripts.lib.log import run_main
from scripts.lib.names import unknown_name
from scripts.lib.schemas.measured import CELLS, TRIALS
from scripts.lib.tables import read_table

LOG = logging.getLogger("export.t4")
ALL = "all"
COLUMNS = [
    "cell_id", "config_id", "outcome", "samples", "median_us", "p95_us", "anchor_us",
    "logits_diff", "relative_error", "gpu_seconds",
]  # fmt: skip
EXAMPLE = """example:
  D=data/recorded/measured/nvidia_h200-bf16
  python -m scripts.export.t4 --trials $D/trials.parquet --cells $D/cells.parquet \\
      --runs $D/runs.json --cell NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64 --out build/t4

  python -c "import kernel_tuner; kernel_tuner.tune_cache(
      'build/t4/NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64/cache.json',
      strategy='genetic_algorithm', strategy_options={'max_fevals': 128})"
"""


def chosen(wanted: list[str], cells: pd.DataFrame) -> list[str]:
    """The cells to export, sorted; InputError offers the names nearest to an unknown one."""
    measured = sorted(cells["cell_id"])
    if wanted == [ALL]:
        return measured
    for name in wanted:
        if name not in measured:
            raise unknown_name("cell", name, measured)
    return sorted(set(wanted))


def runs_by_id(path: Path) -> dict[str, Mapping[str, Any]]:
    """Run id -> its entry in runs.json; InputError if the file is no such thing."""
    content = read_json(path)
    runs = content.get("runs") if isinstance(content, dict) else None
    if (
        not runs
        or not isinstance(runs, list)
        or not all(isinstance(run, dict) and "run_id" in run for run in runs)
    ):
        raise InputError(f"{path}: holds no runs; consolidate the ledger again")
    return {run["run_id"]: run for run in runs}


def export(space: CellSpace, run: Mapping[str, Any], folder: Path) -> None:
    """Write the three files of one cell."""
    write_text(folder / "results.json", t4_results(space))
    write_json(folder / "metadata.json", t4_metadata(space, run))
    write_text(folder / "cache.json", simulation_cache(space))


def main(argv: list[str] | None = None) -> int:
    """Read the recorded tables, write the files of each cell."""
    parser = command_line.parser(__doc__, EXAMPLE)
    for name, what in (("trials", "trials"), ("cells", "cells"), ("runs", "provenance")):
        text = f"{what} of each recording"
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--cell", nargs="+", required=True, metavar="ID", help="cell ids, or all")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    arguments = parser.parse_args(argv)

    def body() -> None:
        trials = pd.concat(read_table(path, TRIALS, COLUMNS) for path in arguments.trials)
        cells = pd.concat(read_table(path, CELLS) for path in arguments.cells)
        if twice := sorted(cells.loc[cells["cell_id"].duplicated(), "cell_id"]):
            raise InputError(f"--cells: {twice[0]} is in two recordings; name one")
        runs = {name: run for path in arguments.runs for name, run in runs_by_id(path).items()}
        for cell_id in chosen(arguments.cell, cells):
            space = cell_space(trials, cells, cell_id)
            run_id = space.cell["run_id"]
            if run_id not in runs:
                raise unknown_name("--runs: run", run_id, runs)
            export(space, runs[run_id], arguments.out / cell_id)
            LOG.info("%s: %d configs", cell_id, len(space.points))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
