"""Committed over default and over the fastest, row by row."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.figures import health
from scripts.lib.files import InputError
from scripts.lib.schemas.health import HEALTH
from tests.figures.case import Case
from tests.report import planted_health
from tests.statistics.planted_health import TRUTH

CASE = Case(
    health.main,
    lambda *_: {"health": (planted_health.made()[0], HEALTH)},
)


def test_a_curve_reaches_the_share_of_rows_up_to_a_ratio() -> None:
    table, _ = planted_health.made()
    over_best = health.draw(table).axes[1].lines[2]
    values, shares = over_best.get_xdata(), over_best.get_ydata()
    behind = sum(us[0] > 1.03 * min(us) for us in TRUTH.values())
    assert len(values) == table["cell_id"].notna().sum()
    assert shares[np.searchsorted(values, 1.03) - 1] == pytest.approx(1 - behind / len(values))


def test_without_a_measured_row_nothing_is_drawn() -> None:
    table, _ = planted_health.made()
    with pytest.raises(InputError, match="no row was recorded"):
        health.draw(table[table["cell_id"].isna()])
