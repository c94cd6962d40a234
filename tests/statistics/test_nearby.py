"""Where a config lies in the legal space."""

from __future__ import annotations

import pandas as pd

from scripts.statistics.nearby import Nearby, Space, spaces

IDS = ["M16-N64-K128-G1-W4-S3", "M16-N64-K128-G16-W4-S3", "M16-N32-K128-G1-W4-S3"]
FAR = "M64-N64-K64-G1-W8-S3"


def test_near_is_one_parameter_away_whatever_its_step() -> None:
    space = Space([*IDS, FAR])
    assert space.around(IDS[0], [IDS[1], FAR]) == Nearby(in_space=True, near=2, near_tried=1)
    assert space.around(IDS[1], []) == Nearby(in_space=True, near=1, near_tried=0)


def test_a_config_outside_the_space_may_have_near_ones() -> None:
    assert Space(IDS).around("M16-N64-K128-G64-W4-S3", IDS) == Nearby(False, 2, 2)


def test_an_absent_vendor_key_is_no_value_of_it() -> None:
    amd = "M16-N64-K128-G1-W4-S3-E0-I16-P2"
    assert Space([amd]).around(IDS[0], []) == Nearby(in_space=False, near=0, near_tried=0)


def test_nothing_is_near_in_an_empty_space() -> None:
    assert Space([]).around(IDS[0], []) == Nearby(in_space=False, near=0, near_tried=0)


def test_spaces_are_told_apart_by_gpu_and_scheme() -> None:
    frame = pd.DataFrame({"device": ["A", "A", "B"], "scheme": ["x", "y", "x"], "config_id": IDS})
    found = spaces(frame)
    assert set(found) == {("A", "x"), ("A", "y"), ("B", "x")}
    assert found["A", "y"].around(IDS[1], []).in_space
    assert not found["A", "y"].around(IDS[0], []).in_space
