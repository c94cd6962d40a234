"""What an expectation was worth, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.schemas.openings import ALL, EXPECTED, OPENINGS
from scripts.lib.tables import read_table, write_table
from scripts.statistics.expected import expected, main

# (GPU, layer, M, family, predicted, measured)
ROWS = [
    ("H", "a", 1, "A", 0.90, 0.99),
    ("H", "a", 2, "A", 0.80, 0.80),
    ("H", "b", 1, "B", 0.95, 1.00),
    ("H", "b", 2, "B", 0.995, 1.30),  # within the margin: the default stays
    ("G", "c", 1, "C", 0.70, 0.777),
    ("G", "c", 2, "C", 0.70, None),  # did not run
]


def openings() -> pd.DataFrame:
    rows = [
        {
            "cell_id": f"{gpu}/{layer}/M{tokens}", "device": gpu, "scheme": "bf16",
            "tokens": tokens, "family": family, "teaching": "family_out", "sources": 0,
            "first_id": "x", "default_id": "y", "predicted_ratio": said, "measured_ratio": was,
            "best_ratio": was,
        }
        for gpu, layer, tokens, family, said, was in ROWS
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=OPENINGS.names)


def test_rows_that_are_written_make_the_band() -> None:
    found = expected(openings(), 0.01).set_index(["device", "of"])
    row = found.loc[(ALL, "row")]
    missed = np.log([0.99 / 0.90, 0.80 / 0.80, 1.00 / 0.95, 0.777 / 0.70])
    assert row["n"] == 4 and row["families"] == 3
    assert row["low"] == pytest.approx(np.exp(missed.min()))
    assert row["high"] == pytest.approx(np.exp(missed.max()))
    # A by B and C (1.053 to 1.11): 1.1 is in, 1 is not. B by A and C is in, C by A and B is not.
    assert row["covered"] == pytest.approx((1 + 1 + 0) / 4)
    assert row["covered_families"] == pytest.approx((1 / 2 + 1 + 0) / 3)


def test_where_no_gain_is_expected_the_default_counts() -> None:
    row = expected(openings(), 0.01).set_index(["device", "of"]).loc[("H", "row")]
    was = [0.99, 0.80, 1.00, 1.00]
    assert row["kept"] == pytest.approx(1 / 4)
    assert row["ratio"] == pytest.approx(np.exp(np.mean(np.log(was))))
    assert row["worse"] == 0.0 and row["worst"] == pytest.approx(1.0)


def test_a_file_is_the_mean_of_its_batch_sizes() -> None:
    found = expected(openings(), 0.01).set_index(["device", "of"])
    file = found.loc[("H", "file")]
    assert file["n"] == 2
    missed = [np.log(0.99 * 0.80 / (0.90 * 0.80)) / 2, np.log(1.00 / 0.95) / 2]
    assert file["low"] == pytest.approx(np.exp(min(missed)))
    assert found.loc[("G", "file"), "n"] == 1
    assert np.isnan(found.loc[("G", "row"), "covered"])


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "openings.parquet", tmp_path / "expected.parquet"
    write_table(source, openings(), OPENINGS)
    given = ["--openings", str(source), "--margin", "0.01", "--out", str(out)]
    assert main(given) == 0
    assert set(read_table(out, EXPECTED)["device"]) == {ALL, "H", "G"}
    write_table(source, openings().assign(measured_ratio=np.nan), OPENINGS)
    assert main(given) == 2
    assert "no opening was measured" in capsys.readouterr().err
