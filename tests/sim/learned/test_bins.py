"""Bins are scikit-learn's own, and a committee's trees the ones that it would grow unhelped."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from scripts.sim.learned.bins import MOST, binned
from scripts.sim.learned.grow import _COPIES, _GROWN, VIEWS, grow_committee


def example(seed: int, count: int = 4000) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Few values, many, ties, one value, and most of the weight on the greatest of all."""
    generator = np.random.default_rng(seed)
    weight = np.clip(generator.pareto(1.0, count), 0.2, 10.0)
    rows = pd.DataFrame(
        {
            "few": generator.integers(0, 6, count).astype(float),
            "waves": generator.random(count),
            "ties": generator.integers(0, 300, count) / 7.0,
            "one": np.full(count, 3.0),
            "full": np.where(generator.random(count) < 0.4, 1.0, generator.random(count)),
        }
    )
    target = np.sin(rows["few"]) * rows["waves"] + rows["full"] * rows["ties"] / 40
    return rows, target.to_numpy(), weight


def unhelped(rows: np.ndarray, target: np.ndarray, weight: np.ndarray, seed: int = 1):
    """scikit-learn's model, which bins by itself."""
    model = HistGradientBoostingRegressor(**_GROWN, random_state=seed)
    return model.fit(rows, target, sample_weight=weight)


@pytest.mark.parametrize("seed", range(5))
def test_edges_and_codes_are_scikit_learns(seed: int) -> None:
    rows, target, weight = example(seed)
    mapper = unhelped(rows.to_numpy(), target, weight)._bin_mapper
    found = binned(rows.to_numpy(), weight)
    for ours, theirs in zip(found.edges, mapper.bin_thresholds_, strict=True):
        assert ours.tolist() == theirs.tolist()
    assert (found.codes == mapper.transform(rows.to_numpy())).all()
    assert max(map(len, found.edges)) == MOST - 1
    assert min(map(len, found.edges)) == 0


def test_the_trees_of_every_member_are_scikit_learns() -> None:
    rows, target, weight = example(7)
    committee = grow_committee(rows, target, weight, 1)
    assert len(committee.members) == _COPIES * len(VIEWS)
    for place, member in enumerate(committee.members):
        model = unhelped(rows[list(member.names)].to_numpy(), target, weight, 10 + place % _COPIES)
        for tree, (theirs,) in zip(member.forest.trees, model._predictors, strict=True):
            inner = theirs.nodes[theirs.nodes["is_leaf"] == 0]
            expected = zip(inner["feature_idx"], inner["num_threshold"], strict=True)
            assert sorted(split[:2] for split in tree.splits) == sorted(expected)
    assert any(len(member.names) < rows.shape[1] for member in committee.members)
