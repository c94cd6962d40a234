"""The grid as a heat map: a panel a layer, what was not measured stays grey."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.figures import audit
from scripts.lib.files import InputError
from scripts.lib.schemas.audit import GRID
from tests.figures.case import Case
from tests.report import planted_audit

CASE = Case(
    audit.main,
    lambda *_: {"grid": planted_audit.tables()["grid"]},
    draw=lambda read: audit.draw(read["grid"]),
)


def test_a_panel_holds_the_ratios_of_its_layer() -> None:
    grid, _ = planted_audit.tables()["grid"]
    ((_, values),) = audit.panels(grid).items()
    assert values.shape == (3, 15)
    there = grid[grid["ratio"].notna()]
    for row in there.to_dict("records"):
        assert values.loc[row["ep"], row["tokens"]] == pytest.approx(100 * (row["ratio"] - 1))
    assert np.isfinite(values.to_numpy()).sum() == len(there) == 5


def test_ranks_of_which_nothing_was_measured_take_no_room() -> None:
    grid, _ = planted_audit.tables()["grid"]
    (panel, _) = audit.draw(grid).axes
    shown = [label.get_text() for label in panel.get_yticklabels()]
    assert shown == [f"EP {ranks}" for ranks in sorted(set(grid["ep"][grid["ratio"].notna()]))]


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(InputError, match="nothing to draw"):
        audit.panels(planted_audit.tables()["grid"][0].iloc[:0])


def test_the_table_is_a_grid() -> None:
    assert planted_audit.tables()["grid"][1] is GRID
