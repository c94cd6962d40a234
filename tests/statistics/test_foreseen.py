"""What places of committed configs say, by GPU and order, with intervals."""

from __future__ import annotations

import pandas as pd
import pytest

from scripts.lib.schemas.foreseen import (
    ALL,
    CHOSEN_PARTS,
    CHOSEN_PLACES,
    FORESEEN,
    FREE,
    Order,
)
from scripts.lib.tables import to_arrow
from scripts.statistics.bootstrap import Plan
from scripts.statistics.foreseen import foreseen, measures

PLAN = Plan(200, 0.95, 1)
H100, H200 = "NVIDIA_H100_80GB_HBM3", "NVIDIA_H200"


def place(device: str, file: str, tokens: int, order: Order, ahead: int, **more: object) -> dict:
    """A row of CHOSEN_PLACES among 101 configs; the ratio grows with what is ahead."""
    scheme = "fp8_w8a8_b128x128" if more.get("censored") else "bf16"
    row: dict[str, object] = {
        "device": device, "scheme": scheme, "file": file, "tokens": tokens,
        "cell_id": f"{device}/E8-N3584-K4096-top2-{scheme}/M{tokens}", "config_id": "a",
        "censored": False, "order": str(order), "configs": 101, "whole": True, "ahead": ahead,
        "tied": 0, "ratio": 1.0 + ahead / 100,
    }  # fmt: skip
    return row | more


def places() -> pd.DataFrame:
    """Of two GPUs: four files of two rows, predicted; graphx-sim puts less ahead than equations."""
    rows = []
    for number in range(4):
        for tokens in (1, 64):
            ahead = 4 * number + (tokens == 64)
            rows.append(place(H100, f"f{number}", tokens, Order.SIM, ahead))
            rows.append(place(H100, f"f{number}", tokens, Order.EQUATIONS, ahead + 10))
            rows.append(place(H200, f"g{number}", tokens, Order.MEASURED, ahead))
            rows.append(place(H200, f"g{number}", tokens, Order.LAYER_OUT, ahead))
    near = place(H100, "f0", 1, Order.NEAREST, 0, tied=15, ratio=None)
    sampled = place(H100, "f0", 64, Order.NEAREST, 50, whole=False, ratio=None)
    late = place(H100, "f9", 1, Order.SIM, 100, censored=True)
    return pd.DataFrame([*rows, near, sampled, late], columns=CHOSEN_PLACES.names)


def parts() -> pd.DataFrame:
    """On the H100 with the bandwidth replaced: two more of a hundred ahead."""
    own = places()
    own = own[(own["order"] == Order.SIM) & ~own["censored"]]
    found = own.assign(
        teacher=H200, part="bandwidth", own=own["ahead"] / 100, replaced=(own["ahead"] + 2) / 100
    )
    return found[CHOSEN_PARTS.names]


def found() -> pd.DataFrame:
    to_arrow(places(), CHOSEN_PLACES)
    to_arrow(parts(), CHOSEN_PARTS)
    return foreseen(places(), parts(), PLAN)


def one(frame: pd.DataFrame, **key: str) -> pd.Series:
    for name, value in ({"device": H100, "scheme": "bf16", "part": ""} | key).items():
        frame = frame[frame[name] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def test_ties_share_the_places_and_a_sample_has_no_first() -> None:
    rows = measures(places())
    near = rows[rows["order"] == Order.NEAREST]
    assert near["ahead"].tolist() == [7.5 / 100, 0.5]
    assert near["first_8"].tolist()[0] == 8 / 16
    assert near["first_16"].tolist()[0] == near["first_64"].tolist()[0] == 1.0
    assert near["first_8"].isna().tolist() == [False, True]


def test_means_medians_and_short_lists_are_of_all_rows() -> None:
    frame = found()
    to_arrow(frame, FORESEEN)
    ahead = [4 * number + late for number in range(4) for late in (0, 1)]
    mean = one(frame, order=Order.SIM, metric="ahead")
    assert mean["mean"] == pytest.approx(sum(ahead) / 800)
    assert (mean["n"], mean["clusters"]) == (8, 4)
    assert mean["low"] < mean["mean"] < mean["high"]
    assert one(frame, order=Order.SIM, metric="ahead_median")["mean"] == sorted(ahead)[4] / 100
    first = one(frame, order=Order.SIM, metric="first_8")
    assert first["mean"] == sum(one < 8 for one in ahead) / 8
    every = one(frame, order=Order.SIM, metric="first_64")
    assert (every["mean"], every["ci_by"]) == (1.0, "exact")
    ratios = pd.Series([1 + one / 100 for one in ahead])
    ratio = one(frame, order=Order.SIM, metric="ratio")["mean"]
    assert ratio == pytest.approx(ratios.prod() ** (1 / 8))
    assert frame[(frame["order"] == Order.NEAREST) & (frame["metric"] == "ratio")].empty


def test_orders_are_compared_on_the_same_rows() -> None:
    frame = found()
    more = one(frame, order=Order.EQUATIONS, metric="more")
    assert more["mean"] == pytest.approx(0.1)
    assert more["low"] == pytest.approx(0.1) == more["high"]
    near = one(frame, order=Order.NEAREST, metric="more")
    assert near["n"] == 2
    assert near["mean"] == pytest.approx((7.5 - 0 + 50 - 1) / 200)
    # On a recorded GPU: with predictions layer out.
    assert one(frame, device=H200, order=Order.MEASURED, metric="more")["mean"] == 0.0
    assert frame[(frame["order"] == Order.SIM) & (frame["part"] == "")
                 & (frame["metric"] == "more")].empty  # fmt: skip


def test_censored_rows_are_left_out_beside() -> None:
    frame = found()
    every = one(frame, scheme=ALL, order=Order.SIM, metric="ahead")
    free = one(frame, scheme=FREE, order=Order.SIM, metric="ahead")
    assert (every["n"], free["n"]) == (9, 8)
    assert every["mean"] > free["mean"]
    own = [frame[(frame["device"] == H200) & (frame["scheme"] == one)] for one in (ALL, FREE)]
    assert own[0]["mean"].tolist() == own[1]["mean"].tolist()


def test_a_replaced_part_adds_what_stands_ahead() -> None:
    row = one(found(), scheme=FREE, order=Order.SIM, part="bandwidth", metric="more")
    assert row["mean"] == pytest.approx(0.02)
    assert (row["n"], row["clusters"]) == (8, 4)


def test_a_gpu_more_changes_no_row_of_another() -> None:
    own = places()
    alone = foreseen(own[own["device"] == H100], parts(), PLAN)
    both = found()
    mine = both[both["device"] == H100].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, alone.reset_index(drop=True))
