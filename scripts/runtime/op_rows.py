"""Rows of a config file chosen from what the runtime's operator was recorded at.

As scripts.runtime.judge chooses them after tuning: a row holds the better of the committed and the
default config unless another is shown to be faster. Half of the rounds choose, the other half is
left to say what the choice is worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.config import Config, parse_id
from scripts.lib.judging.exported import exported
from scripts.lib.judging.medians import median_intervals
from scripts.lib.runtimes.default_config import SCHEMES, default_config
from scripts.lib.schemas.measured import CELLS, FINALS
from scripts.lib.shape import Shape, parse_cell
from scripts.lib.tables import read_table


def chosen_rows(shape: Shape, finals: pd.DataFrame, committed: Mapping[str, str]) -> dict[int, str]:
    """By batch size the config id of the row; FINALS and committed id by cell, of one GPU.

    A cell at which neither the committed nor the default config was measured has no row.
    """
    rows: dict[int, str] = {}
    for cell_id, samples in finals.groupby("cell_id"):
        cell = parse_cell(str(cell_id))
        if cell.shape == shape:
            row = _row(shape, cell.tokens, choosing(samples), committed.get(cell.id))
            rows |= {} if row is None else {cell.tokens: row}
    return dict(sorted(rows.items()))


def committed_of(cells: pd.DataFrame) -> dict[str, str]:
    """By cell the committed config id of CELLS, where there is one."""
    known = cells.dropna(subset=["committed_id"])
    return dict(zip(known["cell_id"].map(str), known["committed_id"].map(str), strict=True))


def choosing(samples: pd.DataFrame) -> pd.DataFrame:
    """Latencies of the rounds that choose, us, by round in rows and config in columns."""
    return matrix(samples[samples["round"].to_numpy() // 2 % 2 == 0])


def judging(samples: pd.DataFrame) -> pd.DataFrame:
    """As ``choosing``, the other rounds: an order and its reverse belong together."""
    return matrix(samples[samples["round"].to_numpy() // 2 % 2 == 1])


def matrix(samples: pd.DataFrame) -> pd.DataFrame:
    """FINALS of one cell: us, by run and round in rows, in that order, by config in columns.

    A config with several slots stands with its lowest. Filled as an array: of thousands of cells
    pandas' own tables take ten times as long.
    """
    if samples.empty:
        return pd.DataFrame()
    configs, names = pd.factorize(samples["config_id"], sort=True)
    runs, _ = pd.factorize(samples["run_id"], sort=True)
    slots, rounds = samples["slot"].to_numpy(), samples["round"].to_numpy()
    lowest = np.full(len(names), slots.max())
    np.minimum.at(lowest, configs, slots)
    own = slots == lowest[configs]
    keys, rows = np.unique((runs * (rounds.max() + 1) + rounds)[own], return_inverse=True)
    us = np.full((len(keys), len(names)), np.nan)
    us[rows, configs[own]] = samples["us"].to_numpy()[own]
    return pd.DataFrame(us, index=keys, columns=names)


def ratios(by_round: pd.DataFrame, to: str) -> dict[str, tuple[float, float, float]]:
    """By config the median over rounds of config / to, with the ends of its interval, NaN where
    unknown; ``to`` is a column."""  # noqa: D205,D209
    found = median_intervals(by_round.to_numpy() / by_round[[to]].to_numpy())
    found[by_round.columns == to] = 1.0
    return {
        str(name): (median, low, high)
        for name, (median, low, high) in zip(by_round.columns, found.tolist(), strict=True)
    }


def standing(shape: Shape, tokens: int, committed: str | None) -> list[str]:
    """What runs without a file of ours: committed, if there is one, and default."""
    found = [committed] if isinstance(committed, str) else []
    if shape.scheme in SCHEMES:
        found.append(default_config(shape, tokens).id)
    return list(dict.fromkeys(found))


def _row(shape: Shape, tokens: int, by_round: pd.DataFrame, committed: str | None) -> str | None:
    known = [name for name in standing(shape, tokens, committed) if name in by_round]
    if not known:
        return None
    to_first = ratios(by_round, known[0])
    better = min(known, key=lambda name: (to_first[name][0], name))
    to_better = to_first if better == known[0] else ratios(by_round, better)
    ends = {name: (median, high) for name, (median, _, high) in to_better.items() if name != better}
    return exported(better, {name: e for name, e in ends.items() if not np.isnan(e[1])})


def default_rows(shape: Shape, tokens: list[int]) -> dict[int, Config]:
    """What vLLM launches without a file, as the rows of one."""
    return {count: default_config(shape, count) for count in tokens}


def configs_of(rows: Mapping[int, str]) -> dict[int, Config]:
    """Config ids as configs."""
    return {count: parse_id(name) for count, name in rows.items()}


def read_uniform(folders: Sequence[Path]) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """CELLS and FINALS of each folder, of cells with uniform routing and cold weights.

    A cell's id names neither: recordings are told apart one by one.
    """
    found = []
    for folder in folders:
        cells = read_table(folder / "cells.parquet", CELLS)
        cells = cells[(cells["routing"] == "uniform") & (cells["weights"] == "cold")]
        finals = read_table(folder / "finals.parquet", FINALS)
        found.append((cells, finals[finals["cell_id"].isin(cells["cell_id"])]))
    return found


def first_of_each(
    recordings: Sequence[tuple[pd.DataFrame, pd.DataFrame]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """CELLS and FINALS of recordings; a cell of several is taken from the first."""
    taken: set[str] = set()
    kept: tuple[list[pd.DataFrame], list[pd.DataFrame]] = ([], [])
    for cells, finals in recordings:
        new = cells[~cells["cell_id"].isin(taken)]
        kept[0].append(new)
        kept[1].append(finals[finals["cell_id"].isin(new["cell_id"])])
        taken |= set(new["cell_id"])
    return pd.concat(kept[0]), pd.concat(kept[1])
