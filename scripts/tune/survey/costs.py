"""How long a part will take: the seconds that recordings of other GPUs took for the same.

Of a GPU that nobody measured this is an estimate, by which parts are chosen; nothing is judged by
it. Parts are resumed, so that one which takes longer goes on in the next run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.files import InputError, read_json
from scripts.lib.recordings import Recording, Role, Scope, recordings
from scripts.lib.schemas.measured import CELLS, TRIALS
from scripts.lib.shape import Cell, nearest_batch
from scripts.lib.tables import read_table

# Recordings whose seconds tell what the like of them would take.
ROLES = (Role.COMPLETE, Role.CORPUS, Role.STUDY, Role.FINALS)


@dataclass(frozen=True)
class Rates:
    """Seconds by role and batch size: ``trial`` of one trial, ``beside`` of a cell beyond trials.

    ``trials``: trials of a cell, where searches decide how many. ``binary``: of one processor.
    ``start``: of a command, beyond cells and compiling.
    """

    trial: Mapping[Role, Mapping[int, float]]
    beside: Mapping[Role, Mapping[int, float]]
    trials: Mapping[Role, float]
    binary: float
    start: float
    taken_from: tuple[str, ...]

    def cell(self, role: Role, tokens: int, trials: float | None = None) -> float:
        """Seconds for which a cell with so many trials holds the GPU."""
        known = self.trial[role]
        nearest = nearest_batch(tokens, sorted(known))
        number = self.trials[role] if trials is None else trials
        return number * known[nearest] + self.beside[role][nearest]

    def part(
        self, role: Role, trials: Mapping[Cell, int | None], binaries: int, cores: int
    ) -> float:
        """Seconds of a part: trials of each cell, binaries that no earlier part has compiled."""
        cells = sum(self.cell(role, cell.tokens, number) for cell, number in trials.items())
        return self.start + binaries * self.binary / cores + cells


def read_rates(measured: Iterable[Recording] | None = None) -> Rates:
    """From the registry's recordings. InputError if it has none of a role that is needed."""
    found = recordings(*ROLES) if measured is None else list(measured)
    found = [one for one in found if one.scope is Scope.TWO_GEMM]
    tables = {one.name: _cells(Path(one.path)) for one in found}
    by_role = {
        role: pd.concat([tables[one.name] for one in found if one.role is role])
        for role in ROLES
        if any(one.role is role for one in found)
    }
    if lacking := [role for role in ROLES if role not in by_role]:
        raise InputError(f"data/recordings.yaml: no recording is {lacking[0]}; nothing tells costs")
    runs = [(_runs(Path(one.path)), tables[one.name]) for one in found]
    return Rates(
        trial={
            role: _mean(rows, rows["trial_s"], rows["trials"]) for role, rows in by_role.items()
        },
        beside={role: _mean(rows, rows["beside_s"]) for role, rows in by_role.items()},
        trials={role: float(rows["trials"].mean()) for role, rows in by_role.items()},
        binary=_binary([lines for lines, _ in runs]),
        start=_start(runs),
        taken_from=tuple(one.name for one in found),
    )


def _runs(folder: Path) -> list[dict[str, Any]]:
    return list(read_json(folder / "runs.json")["runs"])


def _cells(folder: Path) -> pd.DataFrame:
    """Of each whole cell: tokens, trials, seconds of them and beside them, and the run."""
    cells = read_table(
        folder / "cells.parquet", CELLS, ["cell_id", "tokens", "gpu_seconds", "run_id"]
    )
    trials = read_table(folder / "trials.parquet", TRIALS, ["cell_id", "gpu_seconds"])
    of_cell = trials.groupby("cell_id")["gpu_seconds"].agg(trials="size", trial_s="sum")
    rows = cells.join(of_cell, on="cell_id", how="inner")
    return rows.assign(beside_s=(rows["gpu_seconds"] - rows["trial_s"]).clip(lower=0.0))


def _mean(
    rows: pd.DataFrame, seconds: pd.Series, number: pd.Series | None = None
) -> dict[int, float]:
    count = pd.Series(1.0, rows.index) if number is None else number
    sums = (
        pd.DataFrame({"s": seconds, "n": count, "tokens": rows["tokens"]}).groupby("tokens").sum()
    )
    return {int(tokens): float(s / n) for tokens, s, n in sums.itertuples() if n}


def _binary(runs: Sequence[list[dict[str, Any]]]) -> float:
    """Of each recording the first run that compiled: later ones find binaries in the cache."""
    first = [next((run for run in lines if run["binaries"]), None) for lines in runs]
    known = [
        run["compile_seconds"] * run["cpus"] / run["binaries"]
        for run in first
        if run is not None and run.get("cpus")
    ]
    if not known:
        raise InputError("runs.json: no recording says what compiling took; nothing tells costs")
    return float(np.median(known))


def _start(runs: Iterable[tuple[list[dict[str, Any]], pd.DataFrame]]) -> float:
    """What runs that ended took beyond compiling and cells, the middle one."""
    left = [
        _seconds(run)
        - run["compile_seconds"]
        - float(cells.loc[cells["run_id"] == run["run_id"], "gpu_seconds"].sum())
        for lines, cells in runs
        for run in lines
        if run["ended"] != "killed" and run["binaries"]
    ]
    return max(0.0, float(np.median(left))) if left else 0.0


def _seconds(run: dict[str, Any]) -> float:
    began, ended = (datetime.fromisoformat(run[name]) for name in ("started", "ended"))
    return (ended - began).total_seconds()
