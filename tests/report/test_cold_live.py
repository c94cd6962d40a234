"""A GPU searched as if it were never recorded: its figures on the pages, and none before it is."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.lib.device import short_name
from scripts.lib.registration import FIGURES
from scripts.report import results_md, wording
from scripts.report.sections import cold, cold_live
from tests.statistics.test_cold_live import tables

DEVICE = "NVIDIA_H200"


def test_every_start_class_and_registered_figure_is_on_the_page(summary_path: Path) -> None:
    summary = json.loads(summary_path.read_text())
    one = summary["cold_live"][DEVICE]
    one["sources"]["none"]["same"] = 0.9
    assert set(one["sources"]) == {"together", "none"}
    text = results_md.pages(summary)["details/cold.md"]
    page = text[text.index("its own recordings hidden: H200") :].splitlines()
    for start, found in cold_live.ordered(one["sources"]):
        mine = [line for line in page if line.startswith(f"| {start} |")]
        against = [line for line in mine if line.startswith(f"| {start} | committed |")]
        assert len(against) == 1
        assert wording.per_cent(found["non_inferior"]) in against[0]
        classes = sum(len(found[name]) for name in ("schemes", "layers"))
        # Trials, committed and default, the better of both, and its classes.
        assert len(mine) == 1 + 2 + 1 + classes
    rows = one["registered"]["figures"]
    assert {row["metric"] for row in rows} == set(FIGURES)
    for row in rows:
        assert any(line.startswith(f"| {row['metric']} |") and line.endswith(f"| {row['word']} |")
                   for line in page)  # fmt: skip
    (pairs,) = one["identical"].values()
    assert any(line.endswith(f"| {pairs['error']:.4f} |") for line in page)


def test_the_first_page_says_that_it_was_tried(summary_path: Path) -> None:
    summary = json.loads(summary_path.read_text())
    (told,) = cold_live.findings(summary)
    found = summary["cold_live"][DEVICE]["sources"]["together"]
    for name in ("non_inferior", "win", "loss", "within_2_better"):
        assert wording.per_cent(found[name]) in told.text
    rows = summary["cold_live"][DEVICE]["registered"]["figures"]
    words = {row["metric"]: row["word"] for row in rows if row["source"] == "together"}
    assert set(cold_live.SAID) == {name for name, wanted in FIGURES.items() if wanted is not None}
    at = {word: told.text.index(f"{word}: ") for word in {words[name] for name in cold_live.SAID}}
    for name, said in cold_live.SAID.items():
        later = [place for place in at.values() if place > at[words[name]]]
        assert said in told.text[at[words[name]] : min(later, default=None)]
    first = results_md.pages(summary)["RESULTS.md"]
    assert f"**{told.lead}**: {told.text}" in first
    assert f"{short_name(DEVICE)} itself" in told.lead


def test_until_then_it_says_that_it_was_not(summary_path: Path) -> None:
    summary = json.loads(summary_path.read_text())
    assert "live it was tried, too" in str(list(cold.found(summary)))
    summary["cold_live"][DEVICE]["sources"] = {}
    assert list(cold_live.findings(summary)) == []
    assert "live it was not tried" in str(list(cold.found(summary)))
    page = results_md.pages(summary)["details/cold.md"]
    assert "Registered of such searches" in page and "started from" not in page
    summary["cold_live"] = {}
    assert "Registered of such searches" not in results_md.pages(summary)["details/cold.md"]


def test_that_no_file_matters_is_said_only_if_it_is_so(summary_path: Path) -> None:
    summary = json.loads(summary_path.read_text())
    sources = summary["cold_live"][DEVICE]["sources"]
    assert sources["none"]["same"] == 1
    assert "whatever it starts from" in results_md.pages(summary)["details/cold.md"]
    assert {name for name, _, _ in cold_live.classes(sources)} == {cold_live.start("together")}
    sources["none"]["same"] = 0.9
    page = results_md.pages(summary)["details/cold.md"]
    assert "whatever it starts from" not in page and "| 90.0% |" in page
    assert not cold_live.files_say_nothing({"together": sources["together"]})


def test_a_search_with_other_trials_is_another() -> None:
    live, _, _ = tables()
    found = cold_live.of_searches(live)
    assert found == {name: {"fresh": 5, "same": 1.0} for name in ("together", "none")}
    live.loc[live["source"] == "none", "trials"] += [0, 1, 0, 0, 1, 0]
    found = cold_live.of_searches(live)
    assert [found[name]["same"] for name in ("together", "none")] == [1.0, 4 / 6]
    assert cold_live.of_searches(live[live["source"] == "none"]) == {"none": {"fresh": 5}}
