"""Cost of tuning a file: scaling of the sample, its interval, and bad records."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.lib.schemas.recorded import COST, CostOf
from scripts.lib.tables import read_table
from scripts.statistics import cost
from tests.statistics.conftest import PLAN

CELL = "NVIDIA_H200/E8-N3584-K4096-top2-bf16"
SAMPLES = [
    {"cell_id": f"{CELL}/M{m}", "compile_seconds": c, "timing_seconds": t, "cached_seconds": w}
    for m, c, t, w in [
        (1, 1.0, 0.1, 0.2),
        (1, 0.8, 0.1, 0.2),
        (64, 0.9, 0.3, 0.4),
        (64, 1.3, 0.3, 0.5),
    ]
]
MEASURED: dict[str, Any] = {
    "gpu": {"device": "NVIDIA_H200"},
    "shape": "E8-N3584-K4096-top2-bf16",
    "batches": 18,
    "graphx": {"budget": 128, "seconds": 120.0, "steps": {"plan": 2.0, "sweep": 118.0}},
    "upstream": {"space": 1920, "samples": SAMPLES},
}


def by_part(measured: dict[str, Any]) -> Any:
    return cost.cost(measured, PLAN).set_index(["what", "part"])


def test_the_sample_is_scaled_to_the_whole_file() -> None:
    found = by_part(MEASURED)["value"]
    cold = np.mean([row["compile_seconds"] + row["timing_seconds"] for row in SAMPLES])
    warm = np.mean([row["cached_seconds"] for row in SAMPLES])
    assert found[CostOf.UPSTREAM, "total"] == pytest.approx(cold * 1920 * 18)
    assert found[CostOf.UPSTREAM_CACHED, "total"] == pytest.approx((cold + 17 * warm) * 1920)
    assert found[CostOf.UPSTREAM, "compile"] + found[CostOf.UPSTREAM, "timing"] == pytest.approx(
        found[CostOf.UPSTREAM, "total"]
    )
    assert found[CostOf.GRAPHX, "total"] == 120.0
    assert found[CostOf.RATIO, "total"] == pytest.approx(cold * 1920 * 18 / 120)
    assert found[CostOf.RATIO_CACHED, "total"] == pytest.approx((cold + 17 * warm) * 1920 / 120)


def test_what_was_sampled_has_an_interval_and_what_ran_has_none() -> None:
    found = by_part(MEASURED)
    for what in CostOf:
        rows = found.loc[[what]]
        if what is CostOf.GRAPHX:
            assert rows[["low", "high", "samples"]].isna().all(axis=None)
        else:
            assert (rows["samples"] == len(SAMPLES)).all()
            assert ((rows["low"] < rows["value"]) & (rows["value"] < rows["high"])).all()


def test_batch_sizes_that_differ_widen_the_interval() -> None:
    """Configs of one batch size cost alike; four samples of two batch sizes are not four."""
    found = by_part(MEASURED).loc[(CostOf.UPSTREAM, "timing")]
    per_batch = [1920 * 18 * 0.1, 1920 * 18 * 0.3]
    assert [found["low"], found["high"]] == pytest.approx(per_batch)


def test_main_reads_records_of_several_gpus_and_none(tmp_path: Path) -> None:
    paths = []
    for device in ("NVIDIA_H200", "NVIDIA_B200"):
        paths.append(tmp_path / f"{device}.json")
        paths[-1].write_text(json.dumps(MEASURED | {"gpu": {"device": device}}))
    out = tmp_path / "cost.parquet"
    options = ["--resamples", "200", "--out", str(out)]
    assert cost.main(["--costs", *map(str, paths), *options]) == 0
    rows = read_table(out, COST)
    assert rows["device"].unique().tolist() == ["NVIDIA_H200", "NVIDIA_B200"]
    assert cost.main(["--costs", *options]) == 0
    assert read_table(out, COST).empty


@pytest.mark.parametrize(("part", "field"), [("graphx", "seconds"), ("upstream", "samples")])
def test_a_missing_field_is_named_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], part: str, field: str
) -> None:
    broken = copy.deepcopy(MEASURED)
    del broken[part][field]
    path, out = tmp_path / "cost.json", tmp_path / "cost.parquet"
    path.write_text(json.dumps(broken))
    assert cost.main(["--costs", str(path), "--out", str(out)]) == 2
    message = capsys.readouterr().err
    assert f"{path}: lacks '{field}'" in message
    assert not out.exists()
