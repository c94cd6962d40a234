"""Grow the correction's trees with scikit-learn and take them out as plain numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from scripts.sim.arrays import Array
from scripts.sim.learned.committee import Committee, Member
from scripts.sim.learned.forest import Forest, Tree

_GROWN: dict[str, Any] = {
    "max_iter": 120,
    "learning_rate": 0.15,
    "max_leaf_nodes": 60,
    "min_samples_leaf": 20,
    "max_features": 0.4,
    "max_bins": 64,
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
    for without in VIEWS.values():
        names = tuple(str(name) for name in rows if not any(part in str(name) for part in without))
        seen = rows[list(names)].to_numpy()
        seeds = range(10 * seed, 10 * seed + _COPIES)
        members += [Member(names, grow(seen, target, weight, own)) for own in seeds]
    return Committee(tuple(members))


def grow(rows: Array, target: Array, weight: Array, seed: int) -> Forest:
    """Trees of least weighted squared error; the same input gives the same trees.

    One thread: a sum over several has other last digits on a machine with another number of cores.
    """
    with threadpool_limits(1):
        model = HistGradientBoostingRegressor(**_GROWN, random_state=seed)
        model.fit(rows, target, sample_weight=weight)
    # scikit-learn has no public way to these trees; a test holds ours equal to its predictions.
    trees = tuple(_tree(found[0].nodes) for found in model._predictors)
    return Forest(_short(float(model._baseline_prediction.ravel()[0])), trees, rows.shape[1])


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _tree(nodes: Array) -> Tree:
    values: list[float] = []
    splits: list[tuple[int, float, int, int]] = []

    def walk(index: int) -> None:
        node = nodes[index]
        if node["is_leaf"]:
            values.append(_short(float(node["value"])))
            return
        first = len(values)
        walk(node["left"])
        splits.append((int(node["feature_idx"]), float(node["num_threshold"]), first, len(values)))
        walk(node["right"])

    walk(0)
    return Tree(tuple(values), tuple(splits))
