"""Every figure that rests on recordings shows a second GPU beside the first, in its own panels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures import cost
from scripts.lib.device import short_name
from tests.figures.case import Case
from tests.figures.cases import CASES
from tests.figures.test_cost import costs
from tests.statistics.conftest import Judged
from tests.statistics.study import DEVICE, Study

SECOND = "NVIDIA_B200"


def moved(frame: pd.DataFrame) -> pd.DataFrame:
    """The same of the second GPU."""
    named = frame.select_dtypes(["object", "string"]).columns
    return frame.assign(**{name: frame[name].replace(DEVICE, SECOND, regex=True) for name in named})


def both(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, moved(frame)], ignore_index=True)


def drawn_of(axis: Axes) -> list[np.ndarray]:
    """What stands in a panel: its lines, dots and bars."""
    dots = [np.asarray(one.get_offsets()) for one in axis.collections]
    bars = [np.asarray([bar.get_x(), bar.get_width()]) for bar in axis.patches]
    return [np.asarray(line.get_xydata()) for line in axis.lines] + dots + bars


def figures(case: Case, drawn: Study, judged: Judged, double: bool) -> Figure:
    """The figure of one or of two GPUs."""
    of = both if double else lambda frame: frame
    assert case.draw is not None
    return case.draw({name: of(one) for name, (one, _) in case.tables(drawn, judged).items()})


def panels(case: Case, drawn: Study, judged: Judged, double: bool) -> list[Axes]:
    """All but scales of colours, which several panels may share."""
    every = figures(case, drawn, judged, double).axes
    return [axis for axis in every if axis.get_label() != "<colorbar>"]


NAMES = [name for name, one in CASES.items() if one.draw is not None]


@pytest.mark.parametrize("name", NAMES)
def test_both_are_drawn_and_the_first_as_it_was(name: str, drawn: Study, judged: Judged) -> None:
    alone, beside = (panels(CASES[name], drawn, judged, double) for double in (False, True))
    assert len(beside) == 2 * len(alone)
    titles = [axis.get_title(loc="left") for axis in beside]
    for device in (DEVICE, SECOND):
        assert sum(short_name(device) in title for title in titles) >= 1
    by_title = {axis.get_title(loc="left"): axis for axis in beside}
    for axis in alone:
        title = axis.get_title(loc="left")
        if short_name(DEVICE) not in title:
            continue
        for mine, then in zip(drawn_of(axis), drawn_of(by_title[title]), strict=True):
            np.testing.assert_array_equal(mine, then)


def test_the_costs_of_both_stand_in_one_panel() -> None:
    (alone,) = cost.draw(cost.totals(costs())).axes
    (beside,) = cost.draw(cost.totals(both(costs()))).axes
    assert len(beside.lines) == 2 * len(alone.lines) > 0
    assert short_name(SECOND) in beside.get_title(loc="left")
