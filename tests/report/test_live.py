"""What the summary and the pages say of searches on the GPU and of tuned layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scripts.lib.schemas.headline import Choice
from scripts.report import results_md
from scripts.report.sections.live import REACH, live, live_details, readings, source_rows, tuned
from scripts.report.wording import per_cent
from tests.report import planted_live
from tests.report.test_readings import HEADLINE
from tests.statistics.study import DEVICE, SOURCES, Study


@pytest.fixture(scope="module")
def tables(drawn: Study) -> dict[str, pd.DataFrame]:
    found = planted_live.tables(drawn)
    return {name: frame for name, (frame, _) in found.items()}


@pytest.fixture(scope="module")
def section(tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    return live(tables["live_rates"])


def test_each_pair_has_its_triples_and_what_was_chosen_before_the_finals(
    section: dict[str, Any], drawn: Study
) -> None:
    assert set(section) == {f"{source}->{DEVICE}" for source in SOURCES}
    first = section[f"{SOURCES[0]}->{DEVICE}"]
    cells = len(drawn.cells)
    assert first["n"] == first["win"]["n"] == cells
    assert first["loss"]["mean"] == pytest.approx(1 / cells)
    assert first["win_or_tie"]["mean"] == pytest.approx(1 - 1 / cells)
    assert first["within_10"]["mean"] <= 1 and first["fastest"]["n"] == cells
    assert first["speedup_winners"]["median"]["mean"] == pytest.approx(1 / 0.9 - 1, rel=0.05)
    assert set(first["speedup_winners"]) > {"mean", "median", "q1", "q3"}


def test_batch_sizes_share_the_triples_out(tables: dict[str, pd.DataFrame]) -> None:
    details = live_details(tables["live_rates"], tables["live_losses"])[DEVICE]
    for name in ("together", "any"):
        parts = details[name]["regimes"].values()
        assert sum(part["n"] for part in parts) == details[name]["n"]
        assert (
            "schemes" not in details[name]
        )  # of the only number format the rates are those of all
    assert details["any"]["n"] == len(SOURCES) * details["together"]["n"]


def test_what_nothing_judged_is_left_out(tables: dict[str, pd.DataFrame]) -> None:
    rates, losses = tables["live_rates"], tables["live_losses"]
    first = f"{SOURCES[0]}->{DEVICE}"
    trials = rates["metric"] == "trials"
    found = live(rates[trials | (rates["source"] != SOURCES[0])])
    assert first not in found and found == {k: v for k, v in live(rates).items() if k != first}
    fastest = rates["choice"] == Choice.FASTEST
    assert set(live(rates)[first]) - set(live(rates[trials | ~fastest])[first]) == {"fastest"}
    classes = live_details(rates[trials | (rates["group"] == "all")], losses)[DEVICE]
    assert "regimes" not in classes["any"] and classes["losses"]["searches"] == 1
    assert "any" not in live_details(rates[rates["source"] == "together"], losses)[DEVICE]
    assert live_details(rates[trials], losses) == {}


def test_losses_are_counted_by_search_and_by_cell(tables: dict[str, pd.DataFrame]) -> None:
    lost = live_details(tables["live_rates"], tables["live_losses"])[DEVICE]["losses"]
    assert (lost["searches"], lost["cells"]) == (1, 1)
    assert lost["causes"] == {"outside_space": 1}  # the space that was given lacks it
    assert lost["rows"][0]["cause"] == "outside_space"


def test_rows_of_a_table_begin_with_all_sources(
    section: dict[str, Any], tables: dict[str, pd.DataFrame]
) -> None:
    details = live_details(tables["live_rates"], tables["live_losses"])
    of_another = {f"{SOURCES[0]}->{SOURCES[1]}": {"n": 1}}
    summary = {"live": section | of_another, "live_details": details}
    names = [name for name, _ in source_rows(summary, DEVICE)]
    assert names[:2] == ["all together", "any, by itself"]
    assert len(names) == 2 + len(section)


def test_a_tuned_layer_has_its_cost_and_its_batches(tables: dict[str, pd.DataFrame]) -> None:
    found = tuned(tables["tuned"], tables["tuned_cost"])[planted_live.RUN]
    assert (found["seconds"], found["batches"], len(found["rows"])) == (41.9, 18, 18)
    assert found["rows"][0]["kept"] == "default" and found["rows"][1]["kept"] is None


def test_readings_say_what_is_reached(tables: dict[str, pd.DataFrame]) -> None:
    figures = live(tables["live_rates"])[f"{SOURCES[0]}->{DEVICE}"]
    layers = tuned(tables["tuned"], tables["tuned_cost"])
    [pair, layer] = readings({"live": {REACH[0]: figures}, "tuned": layers}, HEADLINE)
    share = per_cent(figures["win_or_tie"])
    assert f"win or tie with the committed config on {share} by its finals" in pair
    assert "by its finals (not reached)" in pair and "; to reach: 98%)" in pair
    assert "in 42 s, compiling and finals included (to reach: 60 s; reached)" in layer
    assert "0.4% behind the best recorded configs on average (to reach: 1%; reached)" in layer
    slow = {"one": layers[planted_live.RUN] | {"seconds": 61.0, "recorded": 0}}
    [layer] = readings({"live": {}, "tuned": slow}, HEADLINE)
    assert "60 s; not reached); no recording says" in layer
    assert readings({}, HEADLINE) == []


def test_the_page_shows_them(summary_path: Path) -> None:
    text = results_md.page(results_md.read_summary(summary_path))
    assert "## Searches on the GPU" in text
    assert "## Layers tuned with one command" in text
    assert "| some-model | 2 |" in text
