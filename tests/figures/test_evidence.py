"""Bars are the parts of a step, points the changes of kernels; nothing recorded is said so."""

from __future__ import annotations

import pandas as pd
import pytest

from scripts.figures import evidence
from tests.figures.case import Case
from tests.report import planted_evidence

FRAMES = planted_evidence.frames()
LEGS, KERNELS = FRAMES["evidence_legs"], FRAMES["evidence_kernels"]
CASE = Case(
    evidence.main,
    lambda *_: {"legs": planted_evidence.tables()["evidence_legs"],
                "kernels": planted_evidence.tables()["evidence_kernels"]},
)  # fmt: skip


def test_the_parts_of_a_bar_add_up_to_the_step() -> None:
    axis = evidence.draw(LEGS, KERNELS).axes[0]
    bars = evidence.timed(LEGS)
    widths = [bar.get_width() for bar in axis.patches]
    sums = [sum(widths[n :: len(bars)]) for n in range(len(bars))]
    assert sums == pytest.approx(bars["step_ms"].tolist(), rel=1e-3)


def test_a_point_is_a_judged_kernel_of_the_decode_steps() -> None:
    points = evidence.judged(KERNELS)
    rows = KERNELS[KERNELS["judged"] & (KERNELS["phase"] == "decode")]
    rows = rows[[not name.startswith("all ") for name in rows["kernel"]]]
    assert points["ratio"].tolist() == pytest.approx((100 * (rows["ratio"] - 1)).tolist())


def test_kernels_stand_under_the_re_run_that_they_are_of() -> None:
    points = evidence.judged(KERNELS)
    both = pd.concat([points, points.assign(second="later")])
    places, ticks = evidence.placed(both)
    heads = [place for place in ticks if place not in places]
    assert [ticks[place] for place in heads] == [f"{points['second'].iloc[0]}:", "later:"]
    assert heads == [0, len(points) + 1]
    assert len(ticks) == len(both) + 2
    assert ticks[places[0]].startswith(f"{points['leg'].iloc[0]}: ")


def test_nothing_recorded_is_said() -> None:
    drawn = evidence.draw(LEGS.iloc[:0], KERNELS.iloc[:0])
    assert [axis.texts[0].get_text() for axis in drawn.axes] == [
        "no leg is recorded", "no suite was run again"
    ]  # fmt: skip
