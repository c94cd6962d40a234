"""The counts stand in the results, each GPU in its row."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.report import results_md


def test_each_gpu_has_a_row(summary_path: Path) -> None:
    found = results_md.page(json.loads(summary_path.read_text()))
    assert "| H200 | 2 | 36 | 27 |" in found
    assert "| MI300X | 1 | 18 | 9 |" in found
