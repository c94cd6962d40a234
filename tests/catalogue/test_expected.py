"""What an expectation was worth, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.catalogue.band import Bands, read_bands
from scripts.catalogue.expected import expected, main
from scripts.lib.files import InputError
from scripts.lib.schemas.openings import ALL, EXPECTED, OPENINGS
from scripts.lib.tables import read_table, write_table

# (GPU, layer, M, family, predicted, measured)
ROWS = [
    ("H", "a", 1, "A", 0.90, 0.99),
    ("H", "a", 128, "A", 0.80, 0.80),
    ("H", "b", 1, "B", 0.95, 1.00),
    ("H", "b", 128, "B", 0.995, 1.30),  # within the margin: the default stays
    ("H", "c", 1, "C", 0.70, 0.777),
]


def openings(teachings: tuple[str, ...] = ("family_out", "gpu_out")) -> pd.DataFrame:
    """The rows under each teaching; another GPU's besides, in number formats of one family."""
    rows = [
        {
            "cell_id": f"{gpu}/{layer}/M{tokens}", "device": gpu, "scheme": scheme,
            "tokens": tokens, "family": family, "teaching": teaching, "choice": "named",
            "recorded": "whole",
            "sources": 0, "first_id": "x", "default_id": "y", "predicted_ratio": said,
            "measured_ratio": was, "best_ratio": was,
        }
        for teaching in teachings
        for gpu, layer, tokens, family, said, was, scheme in (
            *((*row, "bf16") for row in ROWS), ("G", "d", 1, "A", 0.5, 0.9, "int8_w8a16"),
        )
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=OPENINGS.names)


def found(device: str, of: str = "row", formats: str = ALL, tokens: str = ALL) -> pd.Series:
    key = ["device", "of", "formats", "tokens"]
    return expected(openings(), 0.01).set_index(key).loc[(device, of, formats, tokens)]


def test_rows_that_are_written_make_the_band_of_their_formats() -> None:
    row = found("H", formats="bf16")
    missed = np.log([0.99 / 0.90, 0.80 / 0.80, 1.00 / 0.95, 0.777 / 0.70])
    assert row["n"] == row["judged"] == 4 and row["families"] == 3
    assert row["low"] == pytest.approx(np.exp(missed.min()))
    assert row["high"] == pytest.approx(np.exp(missed.max()))
    # A by B and C (1.053 to 1.11): 1.1 is in, 1 is not. B by A and C is in, C by A and B is not.
    assert row["covered"] == pytest.approx((1 + 1 + 0) / 4)
    assert row["covered_families"] == pytest.approx((1 / 2 + 1 + 0) / 3)


def test_formats_of_one_family_have_no_band_and_are_not_judged() -> None:
    rows = expected(openings(), 0.01)
    assert set(rows["formats"]) == {"bf16", ALL}
    # Without a recording of the GPU all rows count, the other GPU's among them.
    row = found(ALL)
    assert (row["n"], row["judged"]) == (5, 4)
    assert row["covered"] == pytest.approx(found("H", formats="bf16")["covered"])
    assert row["high"] == pytest.approx(0.9 / 0.5)
    assert np.isnan(found("G")["covered"]) and found("G")["judged"] == 0


def test_where_no_gain_is_expected_the_default_counts() -> None:
    row = found("H")
    was = [0.99, 0.80, 1.00, 1.00, 0.777]
    assert row["kept"] == pytest.approx(1 / 5)
    assert row["ratio"] == pytest.approx(np.exp(np.mean(np.log(was))))
    assert row["worse"] == 0.0 and row["worst"] == pytest.approx(1.0)


def test_classes_of_m_say_how_often_the_stated_bands_held() -> None:
    small, large = found("H", tokens="M up to 64"), found("H", tokens="M above 64, up to 512")
    assert (small["n"], large["n"]) == (3, 1)
    assert small["covered"] == pytest.approx(2 / 3) and large["covered"] == 0.0
    assert np.isnan(small["low"])


def test_a_file_is_the_mean_of_its_batch_sizes() -> None:
    file = found("H", "file")
    assert file["n"] == 3
    missed = [np.log(0.99 * 0.80 / (0.90 * 0.80)) / 2, np.log(1.00 / 0.95) / 2, np.log(1.11)]
    assert file["low"] == pytest.approx(np.exp(min(missed)))
    assert found("G", "file")["n"] == 1


def test_shipped_rows_have_bands_of_their_own_and_none_keeps_the_default() -> None:
    rows = pd.concat([openings(), openings(("gpu_out",)).assign(choice="shipped")])
    key = ["device", "of", "formats", "tokens"]
    both = expected(rows, 0.01).set_index(key)
    shipped = both.loc[(ALL, "shipped row", "bf16", ALL)]
    assert shipped["n"] == 5 and shipped["kept"] == 0.0
    assert shipped["high"] == pytest.approx(1.30 / 0.995)
    pd.testing.assert_series_equal(both.loc[(ALL, "row", "bf16", ALL)], found(ALL, formats="bf16"))
    bands = Bands(both.reset_index())
    assert bands.of_row("H", "bf16", "shipped row").device == ALL


def test_a_gpu_without_recordings_has_the_band_of_gpu_out() -> None:
    bands = Bands(expected(openings(), 0.01))
    own, other = bands.of_row("H", "bf16"), bands.of_row("X", "fp16")
    assert (own.device, other.device, other.formats) == ("H", ALL, "bf16")
    assert (own.word, other.word) == ("family out", "GPU out")
    unknown = bands.of_row("X", "int4_w4a16")
    assert (unknown.formats, unknown.word) == (ALL, "not calibrated")
    assert "not calibrated" not in other.reason and "other formats" in unknown.reason
    assert bands.of_file("X").low == pytest.approx(found(ALL, "file")["low"])


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "openings.parquet", tmp_path / "expected.parquet"
    write_table(source, openings(), OPENINGS)
    given = ["--openings", str(source), "--margin", "0.01", "--out", str(out)]
    assert main(given) == 0
    assert set(read_table(out, EXPECTED)["device"]) == {ALL, "H", "G"}
    write_table(source, openings(()), OPENINGS)
    assert main(given) == 2
    assert "no opening was measured" in capsys.readouterr().err


def test_a_table_without_bands_for_other_gpus_is_refused(tmp_path: Path) -> None:
    write_table(tmp_path / "e.parquet", pd.DataFrame(columns=EXPECTED.names), EXPECTED)
    with pytest.raises(InputError, match="no band of any GPU and format for a shipped row"):
        read_bands(tmp_path / "e.parquet").of_row("X", "bf16", "shipped row")
