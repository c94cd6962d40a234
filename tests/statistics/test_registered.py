"""What came of registered figures, failures included, and that none is left out."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from scripts.lib.registration import FIGURES, Entry, name_of
from scripts.lib.schemas.cold_live import COLD_LIVE
from scripts.lib.schemas.registered import OUTCOMES
from scripts.lib.spec import LOCK, read_lock, write_lock
from scripts.lib.tables import read_table, write_table
from scripts.statistics.cold import COLD
from scripts.statistics.registered import main, outcomes, registered, word
from tests.statistics.test_cold import H100, found

ENTRY = Entry("2026-11-29T12:00:00Z", "registered", "a", "b", dict(FIGURES), {})


def live() -> pd.DataFrame:
    """COLD_LIVE: one figure of all cells and of a class, and another GPU's."""
    key = {"device": "NVIDIA_H200", "source": "together", "group": "all", "which": "", "n": 5}
    rows = [key | {"metric": "trials_median", "value": 12.0, "low": 11.0, "high": 17.0, "files": 2}]
    rows += [rows[0] | {"group": "scheme", "which": "bf16", "value": 99.0}]
    return pd.DataFrame([*rows, rows[0] | {"device": H100}], columns=COLD_LIVE.names)


def test_a_hidden_registration_is_held_against_searches_on_the_gpu() -> None:
    rows = outcomes(found(), live(), {name_of("NVIDIA_H200", hidden=True): ENTRY})
    assert rows["hidden"].all() and set(rows["device"]) == {"NVIDIA_H200"}
    assert rows["metric"].tolist() == list(FIGURES)
    row = rows[rows["metric"] == "trials_median"].squeeze()
    assert (row["value"], row["high"], row["n"], row["word"]) == (12.0, 17.0, 5, "reached")
    assert set(rows["word"]) == {"reached", "not measured"}


def test_each_figure_of_each_source_has_its_word() -> None:
    cold = found()
    rows = outcomes(cold, live(), {"NVIDIA_H200": ENTRY})
    assert not rows["hidden"].any()
    metrics = set(cold["metric"])
    assert set(FIGURES) <= metrics
    assert len(rows) == len(FIGURES) * 2
    for _, row in rows.iterrows():
        same = cold[(cold["metric"] == row["metric"]) & (cold["source"] == row["source"])]
        assert row["value"] == same["value"].item()
        wanted = FIGURES[row["metric"]]
        if wanted is None:
            assert row["word"] == "stated"
        else:
            sign = 1 if row["metric"] == "non_inferior" else -1
            assert row["word"] == ("reached" if sign * (row["value"] - wanted) >= 0 else "missed")
    assert {"reached", "missed", "stated"} == set(rows["word"])


def test_a_gpu_without_runs_has_all_its_figures_not_measured() -> None:
    rows = outcomes(found(), live(), {H100: ENTRY})
    assert rows["metric"].tolist() == list(FIGURES)
    assert set(rows["word"]) == {"not measured"}
    assert rows["value"].isna().all()


@pytest.mark.parametrize(
    ("metric", "wanted", "value", "said"),
    [("zero_median", 1.005, 1.005, "reached"), ("zero_median", 1.005, 1.0051, "missed"),
     ("non_inferior", 0.98, 0.979, "missed"), ("non_inferior", 0.98, 0.98, "reached"),
     ("win", None, 0.1, "stated")],
)  # fmt: skip
def test_words(metric: str, wanted: float | None, value: float, said: str) -> None:
    assert word(metric, wanted, value) == said


def test_the_command_takes_the_first_entry_of_the_lock(tmp_path, capsys) -> None:
    lock, versions = tmp_path / LOCK.name, read_lock()
    later = dataclasses.replace(ENTRY, date="2027-01-01T00:00:00Z", figures={})
    held = {H100: [dataclasses.asdict(one) for one in (ENTRY, later)]}
    write_lock(lock, [dataclasses.replace(versions[0], registered=held)])
    assert registered(lock) == {H100: ENTRY}
    write_table(tmp_path / "cold.parquet", found(), COLD)
    write_table(tmp_path / "live.parquet", live(), COLD_LIVE)
    out = tmp_path / "out.parquet"
    words = ["--cold", str(tmp_path / "cold.parquet"), "--live", str(tmp_path / "live.parquet")]
    words += ["--out", str(out)]
    assert main([*words, "--lock", str(lock)]) == 0
    assert len(read_table(out, OUTCOMES)) == len(FIGURES)
    assert main([*words, "--lock", "no.json"]) == 2
    capsys.readouterr()
    for text in ("[]", "{}", '"a"', "null"):
        lock.write_text(text)
        assert main([*words, "--lock", str(lock)]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"error: {lock}: holds no ")
        assert said.endswith("restore it\n")
