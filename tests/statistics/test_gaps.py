"""Time gaps per device pair."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.corpus import build as corpus
from scripts.lib.schemas.corpus import TRIPLES
from scripts.lib.schemas.statistics import GAPS
from scripts.lib.tables import read_table, write_table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.gaps import METRICS, estimate_gaps, main

ROOT = Path(__file__).parents[2]
HISTORY = ROOT / "data/recorded/history.parquet"


def triples(files: dict[str, float], batches: int = 4) -> pd.DataFrame:
    """Triples of one pair; each file pair has its own gap by last commit, in days."""
    return pd.DataFrame(
        [
            {
                "source": "A",
                "target": "B",
                "E": 8,
                "N": 16,
                "dtype": "",
                "block_shape": "",
                "backend": "",
                "scheme": "bf16",
                "batch": batch,
                "source_file": f"{name}-A.json",
                "target_file": f"{name}-B.json",
                "gap_days_last": days,
                "gap_days_first": days / 2,
                "source_reachable": True,
                "target_reachable": True,
                "identical": False,
            }
            for name, days in files.items()
            for batch in range(batches)
        ],
        columns=TRIPLES.names,
    )


def test_means_counts_and_clusters() -> None:
    found = estimate_gaps(triples({"a": 10.0, "b": 20.0, "c": 60.0}), Plan(resamples=500))
    assert list(found["metric"]) == METRICS
    assert list(found["mean"]) == [30.0, 15.0]
    assert set(found["triples"]) == {12}
    assert set(found["file_pairs"]) == set(found["clusters"]) == {3}
    assert set(found["ci_by"]) == {"clusters"}  # triples of one file share their date


def test_a_single_file_pair_has_no_spread() -> None:
    found = estimate_gaps(triples({"a": -5.0}), Plan(resamples=100)).iloc[0]
    assert (found["mean"], found["low"], found["high"]) == (-5.0, -5.0, -5.0)


def test_main_is_deterministic_whatever_the_order_of_rows(tmp_path: Path) -> None:
    rows = pd.concat([triples({"a": 3.0, "b": 9.0}), triples({"c": 1.0}).assign(source="C")])
    bodies = []
    for order in (rows, rows[::-1]):
        write_table(tmp_path / "t.parquet", order, TRIPLES)
        arguments = ["--triples", str(tmp_path / "t.parquet"), "--resamples", "300"]
        assert main([*arguments, "--out", str(tmp_path / "g.parquet")]) == 0
        bodies.append((tmp_path / "g.parquet").read_bytes())
    assert bodies[0] == bodies[1]


def test_missing_table_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    absent = tmp_path / "absent.parquet"
    assert main(["--triples", str(absent), "--out", str(tmp_path / "g.parquet")]) == 2
    assert str(absent) in capsys.readouterr().err
    assert not (tmp_path / "g.parquet").exists()


@pytest.mark.skipif(not HISTORY.exists(), reason="the recorded history is not restored")
def test_real_gap_and_its_published_interval(tmp_path: Path) -> None:
    out = {name: tmp_path / f"{name}.parquet" for name in ("triples", "pairs", "shapes", "gaps")}
    arguments = ["--history", str(HISTORY), "--models", str(ROOT / "data/models.yaml")]
    outs = [part for n in ("triples", "pairs", "shapes") for part in (f"--out-{n}", str(out[n]))]
    outs += ["--out-models", str(tmp_path / "models.json")]
    assert corpus.main([*arguments, *outs]) == 0
    assert main(["--triples", str(out["triples"]), "--out", str(out["gaps"])]) == 0
    gaps = read_table(out["gaps"], GAPS)
    assert gaps.drop_duplicates(["source", "target"])["triples"].sum() == 12_910
    pair = gaps.set_index(["source", "target", "metric"]).loc[
        ("NVIDIA_H100_80GB_HBM3", "AMD_Instinct_MI300X")
    ]
    last, first = pair.loc["gap_days_last"], pair.loc["gap_days_first"]
    assert (last["file_pairs"], last["triples"]) == (15, 269)
    assert round(last["mean"], 1) == 185.8
    assert round(first["mean"], 1) == 135.0
    # Published, by triples: 174.1 to 197.5. Two bootstraps differ by their draws.
    assert np.allclose([last["rows_low"], last["rows_high"]], [174.1, 197.5], atol=1.0)
    assert last["low"] < last["rows_low"] < last["rows_high"] < last["high"]
