"""What the sweep says, and how far it is trusted."""

import numpy as np
import pandas as pd
import pytest

from scripts.statistics.sweep import anchored, disagreement

CELLS = pd.DataFrame({"cell_id": ["a", "b"], "committed_id": ["x", "x"]})


def trials(anchor: float) -> pd.DataFrame:
    rows = [(cell, config, us) for cell in "ab" for config, us in (("x", 100.0), ("y", 80.0))]
    frame = pd.DataFrame(rows, columns=["cell_id", "config_id", "median_us"])
    frame["low_us"], frame["high_us"] = frame["median_us"] * 0.99, frame["median_us"] * 1.01
    return frame.assign(outcome="correct", anchor_us=anchor)


def level(frame: pd.DataFrame) -> dict[tuple[str, str], float]:
    return frame.set_index(["cell_id", "config_id"])["level"].to_dict()


@pytest.mark.parametrize(("anchor", "expected"), [(160.0, 0.5), (np.nan, 0.8)])
def test_levels_refer_to_the_anchor_or_to_the_committed_trial(anchor, expected):
    out = anchored(trials(anchor), CELLS)
    assert level(out)["a", "y"] == pytest.approx(expected)
    assert out["referred"].all()


def test_without_either_the_levels_stay_in_us_and_say_so():
    frame = trials(np.nan)
    frame.loc[(frame["cell_id"] == "b") & (frame["config_id"] == "x"), "outcome"] = "timeout"
    out = anchored(frame, CELLS)
    assert level(out)["b", "y"] == 80.0
    assert out.set_index("cell_id")["referred"].to_dict() == {"a": True, "b": False}


def test_disagreement_is_the_same_whichever_side_is_larger():
    pairwise = pd.DataFrame(
        {"cell_id": ["a", "b"], "config_id": ["y", "y"], "slot": 0, "committed_ratio": [0.84, 0.8]}
    )
    sweep = anchored(trials(100.0), CELLS)
    assert disagreement(sweep, pairwise).to_dict() == pytest.approx({"a": 1.05, "b": 1.0})
    swapped = pairwise.assign(committed_ratio=[0.8 / 1.05, 0.8])
    assert disagreement(sweep, swapped)["a"] == pytest.approx(1.05)
