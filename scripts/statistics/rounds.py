"""The interleaved samples of each cell as one matrix: its rounds by its finalists.

Finalists were sampled in interleaved rounds, so the slots of one round saw the same GPU state and
the same routing draws. The ratio of two slots is taken within each round; its median and the
order-statistics interval of that median need no assumption about the noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.judging.medians import median_intervals
from scripts.statistics.bootstrap import Floats, round_10

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rounds:
    """The samples of one cell.

    ``samples``: us, shape (rounds, slots), NaN where a round lacks a slot; ``numbers``: of the
    rounds, within their run; ``configs``: of the slots, ascending as the columns are.
    """

    cell_id: str
    samples: Floats
    numbers: Integers
    configs: dict[int, str]
    level: float

    @property
    def slots(self) -> list[int]:
        """The slots, as the columns of ``samples``."""
        return list(self.configs)

    def ratios(self, to: int) -> Floats:
        """Median of each slot / to over the rounds that hold both, and its interval.

        Shape (slots, 3); NaN where they share none, 1 exactly for ``to`` itself.
        """
        column = self.slots.index(to)
        found = median_intervals(self.samples / self.samples[:, [column]], self.level)
        found[column] = 1.0
        return found

    def ratio(self, slot: int, to: int) -> tuple[float, float, float]:
        """The same of one slot, to 10 significant digits."""
        median, low, high = self.ratios(to)[self.slots.index(slot)]
        return round_10(median), round_10(low), round_10(high)

    def only(self, wanted: npt.NDArray[np.bool_]) -> Rounds:
        """The rounds that a mask over them keeps."""
        return replace(self, samples=self.samples[wanted], numbers=self.numbers[wanted])

    def first_slot(self, config_id: str | None) -> int | None:
        """The lowest slot of a config, which stands for it; None if it is no finalist."""
        return min((s for s, name in self.configs.items() if name == config_id), default=None)


def read_rounds(finals: pd.DataFrame, level: float) -> Iterator[Rounds]:
    """Each cell of FINALS, in order; ``level``: of the intervals.

    One matrix is filled for all cells: a frame for each of a thousand takes ten times as long.
    InputError if a slot holds two configs, or a round a slot twice.
    """
    if finals.empty:
        return
    cells, cell_ids = pd.factorize(finals["cell_id"], sort=True)
    configs, config_ids = pd.factorize(finals["config_id"])
    slots = finals["slot"].to_numpy(dtype=np.int64)
    members = np.full((len(cell_ids), slots.max() + 1), -1)
    members[cells, slots] = configs
    keys, rows = _number_rounds(finals, cells)
    samples = np.full((len(keys), members.shape[1]), np.nan)
    samples[rows, slots] = finals["us"].to_numpy(dtype=np.float64)
    _check(cell_ids, cells, members[cells, slots] != configs, rows * members.shape[1] + slots)
    ends = np.searchsorted(keys[:, 0], np.arange(len(cell_ids) + 1))
    for number, cell_id in enumerate(cell_ids):
        used = np.flatnonzero(members[number] >= 0)
        part = slice(ends[number], ends[number + 1])
        names = {int(slot): str(config_ids[members[number, slot]]) for slot in used}
        yield Rounds(str(cell_id), samples[part][:, used], keys[part, 1], names, level)


def _number_rounds(finals: pd.DataFrame, cells: Integers) -> tuple[Integers, Integers]:
    """Cell and round of each round of the table, by cell, run and round; each sample's place."""
    runs, _ = pd.factorize(finals["run_id"], sort=True)
    rounds = finals["round"].to_numpy(dtype=np.int64)
    most = rounds.max() + 1
    key = (cells * (runs.max() + 1) + runs) * most + rounds
    keys, rows = np.unique(key, return_inverse=True)
    return np.column_stack([keys // most // (runs.max() + 1), keys % most]), rows


def _check(
    cell_ids: pd.Index, cells: Integers, changed: npt.NDArray[np.bool_], places: Integers
) -> None:
    twice = pd.Series(places).duplicated().to_numpy()
    if (changed | twice).any():
        raise InputError(
            f"finals: cell {cell_ids[cells[changed | twice][0]]} holds two configs in one slot or a"
            " slot twice in one round; consolidate the runs again"
        )
