"""The matrix of the small engine, run once a process of tests and kept for all that read it."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.tables import Table
from scripts.matrix import judge
from tests.matrix.conftest import Ran, run_small


@cache
def small_run() -> Ran:
    """Without a fault but the planted ones."""
    with pytest.MonkeyPatch.context() as patch:
        return run_small(Path(tempfile.mkdtemp(prefix="matrix-")), patch)


@cache
def small_tables() -> dict[str, tuple[pd.DataFrame, Table]]:
    """The tables of the judge."""
    path = small_run().path
    rows = judge.rows_of(path, path) | judge.slowed_of(path)
    return {
        name: (pd.DataFrame(rows[name], columns=table.names), table)
        for name, table in judge.TABLES.items()
    }
