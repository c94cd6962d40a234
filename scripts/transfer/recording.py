"""Completely measured cells: every legal config tried, ready to be looked up as if tried now.

What a trial would have cost with fewer repetitions follows from the record: a sample takes the
latency times the routing draws of one graph, the rest (set-up, checks) is paid once; the half-width
of the median's interval shrinks with the root of the samples.
"""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scripts.lib.config import Config, ConfigError, parse_id
from scripts.lib.drift import drift_corrected_us
from scripts.lib.files import InputError
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.measured import CELLS, TRIALS
from scripts.lib.shape import Cell, parse_cell
from scripts.lib.tables import read_table
from scripts.transfer.legal import LegalSpace, read_legal
from scripts.transfer.oracle import NOT_RECORDED, Trial

LOG = logging.getLogger("transfer.recording")
Array = NDArray[np.float64]

SAMPLES_A_LOOK = 6  # the least number whose least and greatest bound the median at 95%
_TRIALS = [
    "cell_id", "config_id", "outcome", "reason", "samples", "median_us", "low_us", "high_us",
    "anchor_us", "gpu_seconds",
]  # fmt: skip


@dataclass(frozen=True)
class Recording:
    """All trials of one cell: the legal configs in the order of the space, then the others.

    Arrays of shape (configs,). ``latency_us``: freed of drift, NaN where the outcome is not
    correct. ``half_us``: half-width of its 95% interval. ``sample_s``: GPU seconds of one sample.
    ``committed``: the config committed for the GPU, if there is one.
    """

    cell: Cell
    legal: LegalSpace
    configs: tuple[Config, ...]
    outcomes: tuple[tuple[Outcome, str | None], ...]
    latency_us: Array
    half_us: Array
    samples: Array
    sample_s: Array
    seconds: Array
    committed: Config | None

    @cached_property
    def index(self) -> dict[Config, int]:
        """Place of each config."""
        return {config: place for place, config in enumerate(self.configs)}

    @cached_property
    def best_us(self) -> float:
        """Latency of the fastest legal config."""
        return float(np.nanmin(self.latency_us[: len(self.legal)]))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what a search on this recording can see, to ten digits."""
        seen = zip(self.configs, self.outcomes, self.latency_us, self.seconds, strict=True)
        lines = [f"{len(self.legal)} {self.cell.id}"]
        lines += [f"{c.id} {outcome} {us:.10g} {s:.10g}" for c, (outcome, _), us, s in seen]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @cached_property
    def regrets(self) -> Array:
        """Latency over the best, of the legal configs that could be timed, in their order."""
        us = self.latency_us[: len(self.legal)]
        return np.asarray(us[np.isfinite(us)] / self.best_us)

    @cached_property
    def tied(self) -> NDArray[np.bool_]:
        """Whether the 95% interval of a config overlaps the one of the fastest legal config."""
        best = int(np.nanargmin(self.latency_us[: len(self.legal)]))
        low = self.latency_us - self.half_us
        return np.asarray(low <= self.latency_us[best] + self.half_us[best])

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """The trial of each config with all its repetitions."""
        seen = zip(self.outcomes, self.latency_us, self.seconds, self.half_us, strict=True)
        return tuple(
            Trial(outcome, float(us), float(seconds), half_us=float(half))
            if outcome is Outcome.CORRECT
            else Trial(outcome, None, float(seconds), reason)
            for (outcome, reason), us, seconds, half in seen
        )

    def measure(self, cell: Cell, config: Config, rival_us: float | None = None) -> Trial:
        """The recorded trial, its repetitions cut short where a rival is surely faster."""
        place = self.index.get(config)
        if place is None or (cell is not self.cell and cell != self.cell):
            return NOT_RECORDED
        trial = self.trials[place]
        if rival_us is None or trial.latency_us is None or trial.latency_us <= rival_us:
            return trial
        seconds = trial.gpu_seconds - self._saved(place, trial.latency_us - rival_us)
        return Trial(trial.outcome, trial.latency_us, seconds, half_us=trial.half_us)

    def _saved(self, place: int, behind_us: float) -> float:
        """GPU seconds of the samples that come after the interval has left the rival behind."""
        samples, half = float(self.samples[place]), float(self.half_us[place])
        needed = samples * (half / behind_us) ** 2
        looks = max(1, math.ceil(needed / SAMPLES_A_LOOK))
        unneeded = samples - SAMPLES_A_LOOK * looks
        return max(0.0, unneeded * float(self.sample_s[place]))


def read_recordings(
    trials: Sequence[Path], cells: Sequence[Path], spaces: Iterable[Path]
) -> list[Recording]:
    """The complete cells of one or more datasets, sorted by cell; others are left out, and logged.

    ``spaces``: SPACE tables named ``<device>-<scheme>.parquet``. InputError names the file for a
    cell without a space, a cell in two datasets, or an id that cannot be read.
    """
    if len(trials) != len(cells):
        raise InputError(f"{len(trials)} tables of trials and {len(cells)} of cells; name as many")
    by_name = {path.stem: path for path in spaces}
    legal: dict[str, LegalSpace] = {}
    found: dict[Cell, Recording] = {}
    for tried, measured in zip(trials, cells, strict=True):
        frame = read_table(tried, TRIALS, columns=_TRIALS)
        frame = frame.assign(latency_us=drift_corrected_us(frame))
        _check(frame, tried)
        by_cell = {str(name): rows for name, rows in frame.groupby("cell_id")}
        about = read_table(measured, CELLS, columns=["cell_id", "draws", "committed_id"])
        for row in about.itertuples(index=False):
            cell = _cell(str(row.cell_id), measured)
            name = f"{cell.device}-{cell.shape.scheme}"
            if name not in legal:
                legal[name] = _space(name, by_name, cell)
            one = _recording(cell, row, by_cell.get(cell.id), legal[name], tried)
            if one is None:
                LOG.info("%s: not complete, left out", cell.id)
            elif cell in found:
                raise InputError(f"{tried}: {cell.id} is complete in two datasets; name one")
            else:
                found[cell] = one
    if not found:
        raise InputError("no cell of the given datasets is complete; nothing to replay")
    return [found[cell] for cell in sorted(found)]


def _check(trials: pd.DataFrame, path: Path) -> None:
    """InputError names the file and the first row that cannot be a trial."""
    seconds, us = (trials[name].astype(float) for name in ("gpu_seconds", "latency_us"))
    correct = trials["outcome"] == Outcome.CORRECT
    faults = {
        "outcome": ~trials["outcome"].isin([*Outcome]),
        "gpu_seconds": ~seconds.between(0, np.inf, inclusive="left"),
        "median_us": correct & ~us.between(0, np.inf, inclusive="neither"),
    }
    for column, wrong in faults.items():
        if wrong.any():
            row = trials[wrong].iloc[0]
            where = f"{path}: {row['cell_id']} {row['config_id']}"
            raise InputError(f"{where}: {column}: {row[column]} cannot be; consolidate it again")


def _cell(text: str, path: Path) -> Cell:
    try:
        return parse_cell(text)
    except ValueError as error:
        raise InputError(f"{path}: column cell_id: {error}") from error


def _space(name: str, by_name: Mapping[str, Path], cell: Cell) -> LegalSpace:
    if name not in by_name:
        raise InputError(f"{cell.id}: no space table {name}.parquet was given; add it to --spaces")
    return read_legal(by_name[name], cell.device, cell.shape.scheme)


def _recording(
    cell: Cell, about: Any, rows: pd.DataFrame | None, legal: LegalSpace, path: Path
) -> Recording | None:
    """The cell's recording; None if a legal config was not tried."""
    if rows is None:
        return None
    ids = rows["config_id"].tolist()
    place = {text: at for at, text in enumerate(ids)}
    others = [at for at, text in enumerate(ids) if text not in legal.by_id]
    try:
        configs = (*legal.configs, *(parse_id(ids[at]) for at in others))
    except ConfigError as error:
        raise InputError(f"{path}: column config_id: {error}") from error
    if len(place) < len(ids):
        raise InputError(f"{path}: {cell.id}: a config is recorded twice")
    tried = (rows["outcome"] != Outcome.NOT_MEASURED).tolist()
    if not all(text in place and tried[place[text]] for text in legal.by_id):
        return None
    order = [place[text] for text in legal.by_id] + others
    rows = rows.iloc[order]
    us = rows["latency_us"].to_numpy(dtype=float)
    correct = (rows["outcome"] == Outcome.CORRECT).to_numpy()
    scale = us / rows["median_us"].to_numpy(dtype=float)
    half = (rows["high_us"] - rows["low_us"]).to_numpy(dtype=float) / 2 * scale
    reasons = rows["reason"].astype(object).where(rows["reason"].notna(), None)
    known = {str(one): one for one in Outcome}
    outcomes = [known[text] for text in rows["outcome"].tolist()]
    return Recording(
        cell,
        legal,
        configs,
        tuple(zip(outcomes, reasons.tolist(), strict=True)),
        np.where(correct, us, np.nan),
        half,
        rows["samples"].to_numpy(dtype=float),
        rows["median_us"].to_numpy(dtype=float) * 1e-6 * float(about.draws),
        rows["gpu_seconds"].to_numpy(dtype=float),
        None if pd.isna(about.committed_id) else parse_id(about.committed_id),
    )
