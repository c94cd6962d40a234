"""What the pages say of power-limited and unsteady cells: counts that add up, judged apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scripts.lib.schemas.states import STATES
from scripts.lib.tables import read_table
from scripts.report import results_md
from scripts.report.section import Headline
from scripts.report.sections.states import apart, by_size, readings, states
from scripts.report.wording import share
from tests.statistics.study import DEVICE, SOURCES


@pytest.fixture(scope="module")
def table(inputs: dict[str, Path]) -> pd.DataFrame:
    return read_table(inputs["states"], STATES)


def test_every_cell_is_counted_once_by_recording_and_by_size(
    made: dict[str, Any], table: pd.DataFrame
) -> None:
    for group in made["states"][DEVICE].values():
        assert sum(one["cells"] for one in group.values()) == len(table)
        for one in group.values():
            assert sum(one["power"].values()) == sum(one["steadiness"].values()) == one["cells"]
            assert sum(one["shown_by"].values()) == one["power"]["power_limited"]
            assert sum(one["unprobed_by"].values()) == one["steadiness"]["unprobed"]


def test_finals_over_sweep_by_size_are_those_of_plain_numpy(table: pd.DataFrame) -> None:
    for tokens, own in states(table)[DEVICE]["tokens"].items():
        mine = table[table["tokens"] == int(tokens)]["finals"].to_numpy()
        assert own["finals"] == pytest.approx(np.median(mine))
        logs = np.log(mine)
        spread = np.sqrt(((logs - logs.mean()) ** 2).sum() / (len(logs) - 1))
        assert own["between"] == pytest.approx(spread)


def test_sizes_stand_in_their_order(made: dict[str, Any]) -> None:
    sizes = [int(name) for name, _ in by_size(made["states"][DEVICE]["tokens"])]
    assert sizes == sorted(sizes)


def test_what_was_searched_is_judged_apart_by_each_state(made: dict[str, Any]) -> None:
    rows = apart(made)
    assert {words for _, _, words, _ in rows} == {
        "not power-limited", "power-limited", "steady", "drifted",
    }  # fmt: skip
    for said, name in (("all together", "together"), ("any, by itself", "any")):
        counts = {words: own["n"] for _, one, words, own in rows if one == said}
        every = made["live_details"][DEVICE][name]["n"]
        assert counts["power-limited"] + counts["not power-limited"] == every
        assert counts["steady"] + counts["drifted"] == every


def test_the_sentences_quote_the_widened_rates(made: dict[str, Any]) -> None:
    said = list(readings(made, Headline(SOURCES, "")))
    limited = made["live_details"][DEVICE]["any"]["power"]["power_limited"]
    assert f"{100 * limited['win_widened']['mean']:.1f}%" in said[-1]
    assert f"{limited['n']:,} triples are won" in said[-1]


def test_no_page_calls_a_cell_steady_that_nobody_probed(made: dict[str, Any]) -> None:
    text = results_md.page(made)
    assert "nor was disturbed" not in text
    section = text.partition("## Power and drift\n")[2].partition("\n## ")[0]
    assert "**unprobed** if nobody looked" in section
    rows = [line for line in section.splitlines() if "| nvidia_h200-study |" in line]
    assert len(rows) == len(made["states"][DEVICE]["recordings"]) == 1


def test_a_batch_size_with_one_cell_has_no_spread() -> None:
    assert (share(None), share(0.0309)) == ("–", "3.1%")
