"""Trees as plain numbers say what scikit-learn's own say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor

from scripts.sim.learned.bins import binned
from scripts.sim.learned.forest import Forest, Tree
from scripts.sim.learned.grow import _GROWN, grow


def example(seed: int, count: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    # Few distinct values, as launch parameters have: rows fall on thresholds.
    rows = np.column_stack([generator.integers(0, 6, (count, 3)), generator.random((count, 2))])
    target = np.sin(rows[:, 0]) * rows[:, 3] + (rows[:, 1] > 2) * rows[:, 4]
    return rows.astype(float), target, 0.5 + generator.random(count)


def test_predictions_are_scikit_learns() -> None:
    rows, target, weight = example(1)
    forest = grow(binned(rows, weight), target, weight, 7)
    model = HistGradientBoostingRegressor(**_GROWN, random_state=7)
    expected = model.fit(rows, target, sample_weight=weight).predict(rows)
    assert max(len(tree.values) for tree in forest.trees) > 32
    np.testing.assert_allclose(forest.predict(rows), expected, atol=1e-6)
    other = example(2)[0]
    np.testing.assert_allclose(forest.predict(other), model.predict(other), atol=1e-6)


def test_a_forest_survives_json() -> None:
    rows, target, weight = example(3, 500)
    forest = grow(binned(rows, weight), target, weight, 1)
    body = json.loads(json.dumps([tree.to_json() for tree in forest.trees]))
    again = Forest(forest.baseline, tuple(Tree.read(tree) for tree in body), rows.shape[1])
    assert (again.predict(rows) == forest.predict(rows)).all()


@settings(max_examples=30)
@given(st.lists(st.floats(-5, 5), min_size=3, max_size=3, unique=True), st.floats(-6, 6))
def test_a_tree_by_hand(thresholds: list[float], value: float) -> None:
    low, middle, high = sorted(thresholds)
    #        middle
    #    low        high
    #  10   20    30    40
    tree = Tree((10.0, 20.0, 30.0, 40.0), ((0, low, 0, 1), (0, middle, 0, 2), (0, high, 2, 3)))
    expected = 10 + 10 * ((value > middle) * 2 + (value > (high if value > middle else low)))
    assert Forest(0.5, (tree,), 1).predict(np.array([[value]]))[0] == pytest.approx(expected + 0.5)


def test_64_leaves_are_told_apart() -> None:
    splits = tuple((0, float(i), 0, i + 1) for i in range(63))
    forest = Forest(0.0, (Tree(tuple(map(float, range(64))), splits),), 1)
    rows = np.arange(-0.5, 63.5)[:, None]
    assert forest.predict(rows).tolist() == list(range(64))
