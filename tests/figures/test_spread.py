"""How far apart two latencies of one config lie."""

from __future__ import annotations

import pandas as pd
import pytest

from scripts.figures import spread
from scripts.lib.files import InputError
from scripts.lib.schemas.recorded import SPREAD, Kind
from tests.figures.case import Case


def differences() -> pd.DataFrame:
    """Of each kind the differences 0, 1, 2 and 3%."""
    rows = [
        ("one", kind, "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64", None, 0.01 * number)
        for kind in Kind
        for number in range(4)
    ]
    return pd.DataFrame(rows, columns=SPREAD.names)


CASE = Case(
    spread.main,
    lambda *_: {"spread": (differences(), SPREAD)},
    ("--margin", "0.01"),
    draw=lambda read: spread.draw(read["spread"], 0.01),
)


def test_shares_of_differences_end_at_all_of_them() -> None:
    found = spread.shares(differences())
    for _, curve in found.groupby("kind"):
        assert curve["per_cent"].tolist() == pytest.approx([0, 1, 2, 3])
        assert curve["share"].tolist() == [0.25, 0.5, 0.75, 1.0]
    assert set(spread.CURVES) == set(Kind) == set(found["kind"])


def test_nothing_measured_twice_is_refused() -> None:
    with pytest.raises(InputError, match="measured twice"):
        spread.shares(differences().iloc[:0])
