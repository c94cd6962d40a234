"""The small world of the tuner's tests, and an invented band."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.schemas.openings import ALL, EXPECTED
from scripts.lib.tables import write_table
from tests.tune.conftest import world  # noqa: F401 - a fixture

BAND = {"low": 0.8, "high": 1.1, "margin": 0.01, "level": 0.9, "covered": 0.86}


def expected_row(device: str, **more: object) -> dict[str, object]:
    row: dict[str, object] = {
        "device": device, "of": "row", "teaching": "family_out", "n": 114, "families": 8,
        "covered_families": 0.89, "kept": 0.3, "ratio": 0.93, "worse": 0.06, "worst": 1.1, **BAND,
    }  # fmt: skip
    return row | more


@pytest.fixture
def expected(tmp_path: Path) -> Path:
    path = tmp_path / "expected.parquet"
    rows = [expected_row(ALL), expected_row(ALL, of="file", low=0.5), expected_row("X", low=0.7)]
    write_table(path, pd.DataFrame(rows, columns=EXPECTED.names), EXPECTED)
    return path
