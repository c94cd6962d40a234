"""Two runtimes' files for the report, as the corpus counts them."""

from __future__ import annotations

import pandas as pd

from scripts.corpus.counts import arrival_rates, make_arrivals, make_rejected, make_runtimes
from scripts.corpus.runtimes import configs
from scripts.lib.schemas.history import HISTORY, RUNTIME_HISTORY
from scripts.lib.schemas.runtimes import ARRIVAL_RATES, REJECTED, RUNTIMES
from scripts.lib.tables import Table, rows_to_arrow
from tests.corpus.conftest import OTHER, row, theirs

OURS = [row("A", 1, first_day=3), row("A", 2, first_day=3), row("B", 1)]
OTHERS = [
    theirs("A", 1, first_day=13),
    theirs("A", 2, OTHER, first_day=13),
    theirs("C", 1),
    theirs(None, None, None, reason="odd_name"),
]


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """What the report reads of both."""
    ours = rows_to_arrow(OURS, HISTORY).to_pandas()
    others = rows_to_arrow(OTHERS, RUNTIME_HISTORY).to_pandas()
    both = configs(ours, others)
    return {
        "runtimes": (make_runtimes(both, ours, others), RUNTIMES),
        "rejected": (make_rejected(ours, others), REJECTED),
        "arrival_rates": (arrival_rates(make_arrivals(both)), ARRIVAL_RATES),
    }
