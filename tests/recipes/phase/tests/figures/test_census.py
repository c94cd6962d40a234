"""How varied the files are: a bar a GPU."""

from __future__ import annotations

import pytest
from scripts.lib.schemas.census import CENSUS
from tests.report.planted_census import ROWS

from scripts.figures import census
from scripts.lib.files import InputError
from tests.figures.case import Case

CASE = Case(census.main, lambda *_: {"census": (ROWS, CENSUS)})


def test_a_bar_is_the_share_of_different_configs() -> None:
    bars = census.draw(ROWS).axes[0].patches
    assert [bar.get_width() for bar in bars] == pytest.approx([75.0, 50.0])


def test_nothing_counted_is_refused() -> None:
    with pytest.raises(InputError, match="nothing to draw"):
        census.draw(ROWS.iloc[:0])
