"""Grow the correction's trees with scikit-learn and take them out as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from scripts.sim.arrays import Array
from scripts.sim.learned.bins import MOST, Binned, binned
from scripts.sim.learned.committee import Committee, Member
from scripts.sim.learned.forest import Forest, Tree

_GROWN: dict[str, Any] = {
    # 120 trees at a rate of 0.15 take twice the time; what they predict better of layers and
    # families left out is less than other last digits of the same sums move (scripts/__init__.py).
    "max_iter": 60,
    "learning_rate": 0.25,
    "max_leaf_nodes": 60,
    "min_samples_leaf": 20,
    "max_features": 0.4,
    "max_bins": MOST,
    "early_stopping": False,
}
# Parts of feature names that a view does without.
_WAVES = ("tail", "waves", "programs", "idle", "reread", "weights_to_l2")
VIEWS = {"all": (), "without_waves": _WAVES}
_COPIES = 2  # of each view, which differ by the features that chance offers to a split
_DIGITS = 8  # of leaves: far below what is learned, and a third of the model file saved


def grow_committee(rows: pd.DataFrame, target: Array, weight: Array, seed: int) -> Committee:
    """Members for each view, of least weighted squared error."""
    members = []
    every = binned(rows.to_numpy(), weight)
    # Neighbours of a table share most parameters, hence bins, and adding to the bin that was just
    # added to waits for it: mixed rows save a fifth of the time and leave the trees as they are.
    mixed = np.random.default_rng(seed).permutation(len(rows))
    every, target, weight = every.in_order(mixed), target[mixed], weight[mixed]
    for without in VIEWS.values():
        names = tuple(str(name) for name in rows if not any(part in str(name) for part in without))
        seen = every.of([list(rows).index(name) for name in names])
        seeds = range(10 * seed, 10 * seed + _COPIES)
        members += [Member(names, grow(seen, target, weight, own)) for own in seeds]
    return Committee(tuple(members))


def grow(rows: Binned, target: Array, weight: Array, seed: int) -> Forest:
    """Trees of least weighted squared error; the same input gives the same trees.

    One thread: a sum over several has other last digits on a machine with another number of cores.
    """
    # Here, since it takes a second to load and most that ask a model grow none.
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415

    with threadpool_limits(1):
        model = HistGradientBoostingRegressor(**_GROWN, random_state=seed)
        model.fit(rows.codes, target, sample_weight=weight)
    # scikit-learn has no public way to these trees; a test holds ours equal to its predictions.
    trees = tuple(_tree(found[0].nodes, rows.edges) for found in model._predictors)
    return Forest(_short(float(model._baseline_prediction.ravel()[0])), trees, len(rows.edges))


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _tree(nodes: Array, edges: Sequence[Array]) -> Tree:
    values: list[float] = []
    splits: list[tuple[int, float, int, int]] = []

    def walk(index: int) -> None:
        node = nodes[index]
        if node["is_leaf"]:
            values.append(_short(float(node["value"])))
            return
        first = len(values)
        walk(node["left"])
        feature = int(node["feature_idx"])
        # Of codes from 0 up the thresholds are halves: 0.5 parts the first bin from the second.
        edge = float(edges[feature][int(node["num_threshold"])])
        splits.append((feature, edge, first, len(values)))
        walk(node["right"])

    walk(0)
    return Tree(tuple(values), tuple(splits))
