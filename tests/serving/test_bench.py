"""What servers over HTTP reported, as tables: ratios within servers, intervals over them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from scripts.lib.schemas.serving import BENCH_RATIOS, ENGINE_BENCH
from scripts.lib.tables import read_table
from scripts.serving.bench import FIELDS, main, ratios, tables
from scripts.serving.journal import read_engine
from tests.serving.journals import journal


def test_a_run_is_a_row_with_the_fields_of_the_benchmark(tmp_path):
    path = journal(tmp_path / "j.jsonl")
    out = [tmp_path / "b.parquet", tmp_path / "r.parquet"]
    assert main(["--journals", str(path), "--out", str(out[0]), "--out-ratios", str(out[1])]) == 0
    bench = read_table(out[0], ENGINE_BENCH)
    assert bench["config"].tolist() == ["committed", "ours", "ours", "committed"]
    assert bench["p99_itl_ms"].tolist() == [5.0, 4.5, 4.5, 5.2]
    assert (bench["file"] == "").tolist() == [True, False, False, True]
    held = read_table(out[1], BENCH_RATIOS).set_index("field")
    assert set(held.index) == set(FIELDS)
    assert held.loc["median_tpot_ms", "ratio"] == pytest.approx(4.5 / 5.1)
    assert held.loc["median_tpot_ms", "again"] == pytest.approx(0.04)
    assert (held["boots"] == 1).all() and held["low"].isna().all()
    assert (held["rounds"] == 2).all()


def test_servers_are_the_clusters_of_the_interval(tmp_path):
    one, _ = tables([read_engine(journal(tmp_path / "j.jsonl"))])
    servers = [one.assign(boot=f"http-mix-{number}") for number in range(3)]
    for number, server in enumerate(servers):
        server.loc[server["config"] == "ours", list(FIELDS)] *= 1 + 0.02 * number
    two, row = (
        pd.DataFrame(list(ratios(pd.concat(some)))).set_index("field").loc["p99_tpot_ms"]
        for some in (servers[:2], servers)
    )
    assert np.isnan(two["low"]) and np.isnan(two["high"])
    assert (two["least"], two["largest"]) == pytest.approx((4.5 / 5.1, 4.5 * 1.02 / 5.1))
    logs = np.log([4.5 * (1 + 0.02 * number) / 5.1 for number in range(3)])
    half = stats.t.ppf(0.975, 2) * logs.std(ddof=1) / np.sqrt(3)
    assert row["ratio"] == pytest.approx(np.exp(logs.mean()))
    assert (row["low"], row["high"]) == pytest.approx(
        (np.exp(logs.mean() - half), np.exp(logs.mean() + half))
    )
    assert (row["boots"], row["rounds"]) == (3, 6)


def test_a_run_that_failed_counts_for_nothing(tmp_path):
    bench, _ = tables([read_engine(journal(tmp_path / "j.jsonl"))])
    assert list(ratios(bench.assign(outcome="crash"))) == []
