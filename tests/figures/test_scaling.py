"""Where the time goes adds up, and what is drawn is what was simulated."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.figures import scaling
from scripts.lib.files import InputError
from scripts.lib.schemas.scaling import SCALING
from tests.figures.case import Case
from tests.report.planted_cluster import tables

CASE = Case(scaling.main, lambda drawn, _: tables(drawn))


def test_minutes_and_shares_are_drawn(drawn):
    table, _ = tables(drawn)["scaling"]
    time, spent, _ = scaling.draw(table).axes
    shared = table[table["layout"] == "shared"]
    assert np.allclose(time.lines[0].get_ydata(), shared["seconds"] / 60)
    tops = [band.get_paths()[0].vertices[:, 1].max() for band in spent.collections]
    assert tops[-1] == pytest.approx(100.0)


def test_no_row_is_refused(drawn):
    table, _ = tables(drawn)["scaling"]
    with pytest.raises(InputError, match="nothing to draw"):
        scaling.draw(table.iloc[:0][SCALING.names])
