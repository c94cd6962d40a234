"""What the page says of the files that the runtime ships, and of those proposed."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.report import results_md
from tests.statistics.planted_health import DEVICE, WHOLE


def test_the_worst_of_all_proposed_rows_stands_beside_each_files_own(summary_path: Path) -> None:
    summary = json.loads(summary_path.read_text())
    found = summary["health"][DEVICE]
    (only,) = found["bundles"]  # of the other file half the rows were measured
    assert (only["file"], only["rows"], only["changed"]) == (WHOLE, 18, 3)
    assert found["worst_proposed"] == only["worst"] <= 1.0
    assert found["worst_left_proposed"] == only["worst_left"] <= 1.01
    text = results_md.page(summary).partition("**Proposals, H200.**")[2].partition("\n## ")[0]
    for name in ("worst_proposed", "worst_left_proposed"):
        assert f"of all these, {found[name]:.3f}" in " ".join(text.split())
    assert text.count(f"| {WHOLE} |") == 1
