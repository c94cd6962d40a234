"""The cold target on its page: each budget's mean stands under that budget."""

from __future__ import annotations

import json
import re
from pathlib import Path

from scripts.lib.device import short_name
from scripts.lib.registration import FIGURES
from scripts.lib.schemas.search import BUDGETS
from scripts.report import results_md
from scripts.report.sections import cold


def test_means_stand_under_their_budgets(summary_path: Path) -> None:
    summary = json.loads(summary_path.read_text())
    for number, found in enumerate(summary["cold"].values()):
        for place, budget in enumerate(BUDGETS):
            found["K"][str(budget)]["mean"] = 2 + place + number / 100
            found["K"][str(budget)]["ci"] = [2 + place, 3 + place]
    lines = results_md.page(summary).splitlines()
    at = next(n for n, line in enumerate(lines) if "mean, best of" in line)
    titles = [title.strip() for title in lines[at].split("|")]
    first = next(n for n, title in enumerate(titles) if title.startswith("mean, best of"))
    assert [title.split()[-1] for title in titles[first:-1]] == list(map(str, BUDGETS))
    cells = [cell.strip() for cell in lines[at + 2].split("|")][first:-1]
    means = [float(re.match(r"[\d.]+", cell)[0]) for cell in cells]  # type: ignore[index]
    assert [int(mean) for mean in means] == [2 + place for place in range(len(BUDGETS))]


def test_every_figure_to_reach_has_words() -> None:
    assert set(cold.TO_REACH) == {name for name, wanted in FIGURES.items() if wanted is not None}


def test_the_first_page_tells_what_came_of_registered_figures(summary_path: Path) -> None:
    summary = json.loads(summary_path.read_text())
    ((device, one),) = cold.measured(summary)
    (told,) = (
        found for found in cold.came_of(summary) if f"the {short_name(device)} " in found.lead
    )
    words = [row["word"] for row in one["figures"] if row["source"] == "none"]
    no_file = told.text.partition(". From the file")[0]
    for word in ("reached", "missed"):
        assert no_file.count(f": {word})") == words.count(word)
    pages = results_md.pages(summary)
    assert f"**{told.lead}**: {told.text}" in pages["RESULTS.md"]
    assert f"**{told.lead}**: {told.text}" in pages["details/cold.md"]


def test_what_is_registered_and_not_measured_is_said_or_left_out(summary_path: Path) -> None:
    summary = json.loads(summary_path.read_text())
    ((device, one),) = cold.measured(summary)
    summary["registered"] = {device: one}
    gone = {"source": None, "value": None, "low": None, "high": None, "n": None}
    gone["word"] = "not measured"
    one["figures"] = [row | (gone if row["metric"] == "zero_p95" else {}) for row in one["figures"]]
    (told,) = cold.came_of(summary)
    assert "at the 95th percentile not measured (to reach 1.030)" in told.text
    one["figures"] = [row | gone for row in one["figures"]]
    assert list(cold.came_of(summary)) == []
