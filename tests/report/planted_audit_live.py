"""A live audit of invented answers: two pairs, flips, a process that died, a re-created tuner."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.audit.live import results
from scripts.lib.tables import Table
from tests.audit.live.invented import answers


def tables(*_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """The live tables as the audit makes them."""
    return {f"live_{name}": one for name, one in results.tables(answers(), answers(), 0.01).items()}


def rows(summary: dict[str, Any]) -> int:
    """Of the page to browse: compared cells, cells with many restarts, pooled tunings, findings."""
    own = summary["audit_live"]
    return (
        sum(len(pair["rows"]) for pair in own["pairs"])
        + sum(len(one["rows"]) for one in own["flips"].values())
        + len(own["pooled"])
        + len(own["findings"])
    )
