"""Bands of what a prediction missed: by hand, and by drawing from a known law."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.lib.judging.held_out import band, covered


def test_each_group_weighs_alike() -> None:
    # A hundred zeros of one family weigh no more than one residual of the other.
    residuals, groups = np.array([*[0.0] * 100, 1.0]), [*["big"] * 100, "small"]
    assert band(residuals, groups, 0.9) == (0.0, 1.0)
    assert band(residuals, ["one"] * 101, 0.9) == (0.0, 0.0)


def test_of_one_group_it_is_the_plain_quantiles() -> None:
    residuals = np.arange(1.0, 101.0)
    assert band(residuals, ["a"] * 100, 0.9) == (5.0, 95.0)
    assert band(residuals[::-1].copy(), ["a"] * 100, 0.8) == (10.0, 90.0)


def test_by_drawing_it_covers_a_new_group() -> None:
    rng = np.random.default_rng(5)
    groups = [f"family {n}" for n in range(60) for _ in range(n % 7 + 1)]
    centre = dict(zip(dict.fromkeys(groups), rng.normal(0, 1, 60), strict=True))
    residuals = np.array([centre[one] for one in groups]) + rng.normal(0, 0.5, len(groups))
    inside = covered(residuals, groups, 0.9)
    by_group = [inside[np.array(groups) == one].mean() for one in centre]
    assert 0.82 < np.mean(by_group) < 0.97
    # Each group is judged by the others alone: without itself, as spelled out.
    for one in list(centre)[:3]:
        own = np.array([name == one for name in groups])
        low, high = band(residuals[~own], [name for name in groups if name != one], 0.9)
        assert (inside[own] == ((residuals[own] >= low) & (residuals[own] <= high))).all()


def test_a_group_unlike_all_others_is_not_covered() -> None:
    residuals, groups = np.array([0.0, 0.1, -0.1, 9.0]), ["a", "a", "b", "far"]
    assert covered(residuals, groups).tolist() == [True, True, False, False]


def test_without_residuals_or_with_one_group_there_is_none() -> None:
    with pytest.raises(ValueError, match="no residuals"):
        band(np.array([]), [])
    with pytest.raises(ValueError, match="two groups"):
        covered(np.array([1.0, 2.0]), ["a", "a"])
