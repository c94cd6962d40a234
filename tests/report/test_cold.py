"""The cold target on its page: each budget's mean stands under that budget."""

from __future__ import annotations

import json
import re
from pathlib import Path

from scripts.lib.schemas.search import BUDGETS
from scripts.report import results_md


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
