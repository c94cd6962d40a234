"""Features over the baseline: a mark a metric, of cells whose numbers count."""

from __future__ import annotations

import pandas as pd
import pytest

from scripts.figures import matrix
from tests.figures.case import Case
from tests.matrix.small_run import small_tables

CASE = Case(
    matrix.main,
    lambda *_: {
        "numbers": small_tables()["matrix_numbers"],
        "cells": small_tables()["matrix_cells"],
    },
)


def test_features_and_pairs_are_drawn_and_invalid_cells_are_not() -> None:
    numbers, cells = (small_tables()[f"matrix_{name}"][0] for name in ("numbers", "cells"))
    rows = matrix.shown(numbers, cells)
    assert set(rows["features"]) == {
        "moe=marlin", "attention=TRITON_ATTN", "graphs=off", "attention=TRITON_ATTN+moe=marlin",
        "graphs=off+moe=marlin",
    }  # fmt: skip
    gpu, prefill, clock = matrix.draw(numbers, cells).axes[0].containers
    for drawn, metric, name in (
        (gpu, "step_gpu", "step_gpu"), (prefill, "pp64_gpu", "pp_gpu"), (clock, "tg16", "tg"),
    ):  # fmt: skip
        wanted = numbers[numbers["metric"] == metric].set_index("cell")["ratio"]
        mine = rows[rows["metric"] == name]["cell"]
        assert list(drawn[0].get_xdata()) == pytest.approx([wanted[one] for one in mine])


def test_nothing_recorded_is_an_empty_panel() -> None:
    numbers, cells = (small_tables()[f"matrix_{name}"][0] for name in ("numbers", "cells"))
    drawn = matrix.draw(numbers.iloc[:0], pd.DataFrame(cells.iloc[:0]))
    assert drawn.axes[0].get_title(loc="left") == "nothing is recorded"
