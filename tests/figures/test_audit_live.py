"""Pairs of tuners, drawn: what a panel holds, and what stands in its cells."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.audit.live.results import tables
from scripts.figures import audit_live
from scripts.figures.audit_live import NOTHING, draw, marked, panels
from scripts.lib.schemas.audit_live import LIVE_GRID
from tests.audit.live.invented import answers
from tests.figures.case import Case

CASE = Case(
    audit_live.main,
    lambda *_: {"grid": tables(answers(), [], 0.01)["grid"]},
    draw=lambda read: audit_live.draw(read["grid"]),
)
GRID = tables(answers(), [], 0.01)["grid"][0]


def test_a_cell_holds_the_ratio_and_one_config_none() -> None:
    values = panels(GRID)["NVIDIA_H200", "E128-N768-K2048-top8-bf16", "published", "raced graphx"]
    row = GRID[(GRID["first"] == "published") & (GRID["ep"] == 1) & (GRID["tokens"] == 1)].iloc[0]
    assert values.loc[1, 1] == 100 * (row["ratio"] - 1)
    assert values.loc[8, 1] == 0
    assert np.isnan(values.loc[8, 64])


def test_text_is_the_sign_over_processes() -> None:
    rows = marked(GRID[GRID["first"] == "published"]).set_index(["ep", "tokens"])
    assert rows.loc[(1, 1), "text"] == "2/2"
    assert rows.loc[(8, 1), "text"] == "="


def test_without_a_recording_it_says_so() -> None:
    empty = pd.DataFrame(columns=LIVE_GRID.names)
    assert draw(empty).axes[0].get_title(loc="left") == NOTHING
