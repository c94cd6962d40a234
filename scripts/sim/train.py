"""Train a simulator: the equations' open parameters first, then trees for what they miss."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scripts.sim.arrays import Array
from scripts.sim.learned.features import features
from scripts.sim.learned.grow import grow_committee
from scripts.sim.model.fit import fit
from scripts.sim.questions import ask
from scripts.sim.simulator import Simulator, analytical_us, time_layer

# Of each cell: the fastest trials, where a wrong order costs, and a sample of the others.
_FASTEST, _OTHERS = 300, 150
_MOST_ROWS = 40_000  # over all cells; more cells, fewer of each
_FIT_ROWS = 2_000  # a few parameters need no more
# A trial's weight falls as its latency grows beyond the cell's best, within these bounds.
_LEAST_WEIGHT, _MOST_WEIGHT, _ORIGIN = 0.2, 10.0, 0.95


def train(
    measured: pd.DataFrame, facts: pd.DataFrame, seed: int, version: str, **evidence: Any
) -> Simulator:
    """A simulator from measured trials (scripts.sim.recorded) and the compiler's facts.

    The same input and seed give the same model. ``evidence`` is kept in the model's file.
    """
    chosen = measured[_choose(measured, seed)].reset_index(drop=True)
    asked = ask(chosen["cell_id"], chosen["config_id"], facts)
    weight = _weights(chosen)
    us = chosen["us"].to_numpy()
    some = _sample(weight, seed)
    parameters = fit(asked.iloc[some], us[some])
    parts = time_layer(asked, parameters)
    rows = features(asked, parts)
    missed = _within_cells(np.log(us / analytical_us(parts)), weight, chosen["cell_id"])
    committee = grow_committee(rows, missed, weight, seed)
    pairs = sorted(set(zip(chosen["device"], chosen["shape"], strict=True)))
    return Simulator(version, parameters, committee, tuple(pairs), {"seed": seed, **evidence})


def _within_cells(missed: Array, weight: Array, cells: pd.Series) -> Array:
    """What the equations miss, less its weighted mean over each cell.

    A few dozen cells are too few to learn from how a whole cell differs; trees that tried would
    split on what tells the cells apart and order a new cell's configs worse.
    """
    sums = pd.DataFrame({"missed": missed * weight, "weight": weight}).groupby(cells.to_numpy())
    means = sums["missed"].transform("sum") / sums["weight"].transform("sum")
    return np.asarray(missed - means.to_numpy())


def _choose(measured: pd.DataFrame, seed: int) -> pd.Series:
    """Which trials to learn from."""
    by_cell = measured["cell_id"]
    share = min(1.0, _MOST_ROWS / ((_FASTEST + _OTHERS) * by_cell.nunique()))
    fast = measured["us"].groupby(by_cell).rank(method="first") <= share * _FASTEST
    draw = pd.Series(np.random.default_rng(seed).random(len(measured)), measured.index)
    chance = draw.where(~fast).groupby(by_cell).rank(method="first")
    return fast | (chance <= share * _OTHERS)


def _weights(chosen: pd.DataFrame) -> Array:
    behind = (chosen["us"] / chosen["best_us"]).to_numpy()
    return np.clip(1.0 / (behind - _ORIGIN), _LEAST_WEIGHT, _MOST_WEIGHT)


def _sample(weight: Array, seed: int) -> npt.NDArray[np.int64]:
    """Rows to fit the parameters to, the heavy ones more likely."""
    size = min(_FIT_ROWS, len(weight))
    generator = np.random.default_rng(seed)
    return np.sort(generator.choice(len(weight), size, replace=False, p=weight / weight.sum()))
