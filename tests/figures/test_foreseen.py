"""How far down each order committed configs stand: a row a GPU, recorded ones first."""

from __future__ import annotations

import pytest

from scripts.figures import foreseen
from scripts.lib.files import InputError
from scripts.lib.schemas.foreseen import FORESEEN, Order
from tests.figures.case import Case
from tests.statistics import test_foreseen as planted

CASE = Case(
    foreseen.main,
    lambda *_: {"foreseen": (planted.found(), FORESEEN)},
)


def test_recorded_gpus_stand_first_with_the_mean_of_uncensored_rows() -> None:
    rows = planted.found()
    points = foreseen.points(rows)
    assert points["device"].drop_duplicates().tolist() == [planted.H200, planted.H100]
    mine = points[(points["device"] == planted.H100) & (points["order"] == Order.SIM)]
    ahead = planted.one(rows, scheme="uncensored", order=Order.SIM, metric="ahead")
    assert mine[["mean", "low", "high"]].to_numpy().tolist() == [
        pytest.approx([100 * ahead["mean"], 100 * ahead["low"], 100 * ahead["high"]])
    ]
    # Equations are not drawn, nor what is only a part of the record.
    assert Order.EQUATIONS not in set(points["order"])


def test_each_gpu_has_a_row_and_each_order_a_mark_on_it() -> None:
    rows = planted.found()
    (axis,) = foreseen.draw(rows).axes
    assert [one.get_text() for one in axis.get_yticklabels()] == ["H200", "H100 80GB HBM3"]
    places = foreseen.points(rows)["order"].nunique()
    assert len(axis.containers) == places


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(InputError, match="nothing to draw"):
        foreseen.points(planted.found().iloc[:0])
