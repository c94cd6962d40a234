"""Searches on recorded trials, against baselines and with one strategy switched off."""

from __future__ import annotations

import pytest

from scripts.figures import searches
from scripts.lib.files import InputError
from tests.figures.case import Case
from tests.report import searched

CASE = Case(
    searches.main,
    lambda *_: {"rates": searched.tables()["search_rates"]},
    draw=lambda read: searches.draw(read["rates"]),
)


def test_rates_without_s1_to_s8_are_refused() -> None:
    rates, _ = searched.tables()["search_rates"]
    with pytest.raises(InputError, match="no row of S1-S8, all sources"):
        searches.draw(rates[rates["strategy"] == "random"])
