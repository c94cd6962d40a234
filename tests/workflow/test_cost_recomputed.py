"""What tuning costs, once more from the recorded trials: plain numpy and sums."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from tests.workflow.tree import Clone

pytestmark = pytest.mark.workflow

RECORDED = "data/recorded"


def test_the_figures_follow_from_the_trials_and_the_timed_tuning(made: Clone) -> None:
    """In plain numpy, from one recording and one record of what tuning took."""
    found = json.loads((made.path / "results/summary.json").read_text())["cost"]
    record = json.loads((made.path / RECORDED / "cost/nvidia_h200.json").read_text())
    layer = f"{record['gpu']['device']}/{record['shape']}/"
    columns = ["cell_id", "config_id", "outcome", "median_us"]
    trials = pd.read_parquet(
        made.path / RECORDED / "measured/nvidia_h200-bf16/trials.parquet", columns=columns
    )
    space = pd.read_parquet(made.path / "results/tables/space/NVIDIA_H200-bf16.parquet")
    legal = set(space["config_id"][space["legal"]])
    us = np.array([
        row.median_us
        for row in trials.itertuples()
        if row.cell_id.startswith(layer) and row.config_id in legal and row.outcome == "correct"
    ])  # fmt: skip
    assert len(us) == 18 * len(legal)
    timing = us.sum() * 1e-6 * 10 * (5 + 20)
    one = np.mean([row["compile_seconds"] for row in record["upstream"]["samples"]])
    ours = record["graphx"]["seconds"]
    warm, cold = timing + one * len(space), timing + one * len(space) * 18
    for name, wanted in {
        "gpu_seconds_18_batches": ours,
        "upstream_gpu_seconds_18_batches": warm,
        "upstream_gpu_seconds_18_batches_cold": cold,
        "ratio": warm / ours,
        "ratio_cold": cold / ours,
    }.items():
        assert found[name] == pytest.approx(wanted, rel=1e-5), name
