"""What the summary says of two runtimes' files."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.corpus.counts import arrival_rates, make_arrivals, make_rejected, make_runtimes
from scripts.corpus.runtimes import configs
from scripts.lib.schemas.history import HISTORY, RUNTIME_HISTORY
from scripts.lib.tables import rows_to_arrow
from scripts.report.sections.runtimes import runtimes
from tests.corpus.conftest import row, theirs


def test_counts_and_arrivals(summary_path: Path) -> None:
    found = json.loads(summary_path.read_text())["runtimes"]
    assert found["both"]["keys"] == 3 and found["sglang"]["new_keys"] == 1
    assert found["sglang"]["reasons"] == {"odd_name": 1}
    gap = found["arrivals"]["all"]
    assert (gap["n"], gap["median"], gap["sglang_earlier"]) == (1, 10.0, 0)
    assert (gap["batches"], gap["identical"]) == (2, 1)


def test_runtimes_that_share_nothing_have_no_quartiles() -> None:
    ours = rows_to_arrow([row("A", 1)], HISTORY).to_pandas()
    others = rows_to_arrow([theirs("B", 1)], RUNTIME_HISTORY).to_pandas()
    rows = configs(ours, others)
    rates = arrival_rates(make_arrivals(rows))
    found = runtimes(make_runtimes(rows, ours, others), make_rejected(ours, others), rates)
    nothing = {"n": 0, "sglang_earlier": 0, "batches": 0, "identical": 0}
    assert found["arrivals"] == {"all": nothing, "after_first": nothing}
    assert found["both"]["pairs"] == 2
