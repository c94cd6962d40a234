"""Recorded runs of the tuning command: rows under the operator once more, from their samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scripts.lib.recordings import Role, recordings
from scripts.statistics.tuning import read_runs

ROOT = Path(__file__).parents[2]
RECORDED = [ROOT / one.path for one in recordings(Role.TUNING)]


def test_rows_under_the_operator_follow_from_the_samples_of_their_finals():
    judged = [run for path in RECORDED for run in read_runs(path) if run["judged"]]
    assert judged
    for run in judged:
        finals = {one["cell_id"]: one for one in run["finals"]}
        committed = {
            batch["cell_id"]: batch["gained"]["committed"]["config_id"]
            for batch in run["tuned"]["batches"]
        }
        for row in run["judged"]["batches"]:
            held = finals[row["cell_id"]]
            us, slots = np.array(held["us"]), held["slots"]
            stands = us[:, slots.index(row["standing_id"])]
            for field, config in (
                ("over_standing", "config_id"),
                ("tuned_over_standing", "tuned_id"),
            ):
                if row[config] in slots:
                    ratio = np.median(us[:, slots.index(row[config])] / stands)
                    assert row[field] == pytest.approx(ratio, abs=2e-6)
            other = us[:, slots.index(committed[row["cell_id"]])]
            assert np.median(stands / other) <= 1.0 + 1e-9  # the better of what stands
            assert row["over_standing"] <= 1.01


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_every_run_says_where_its_seconds_went(path):
    for run in read_runs(path):
        seconds = run["tuned"]["seconds"]
        steps = sum(value for name, value in seconds.items() if name != "total")
        assert steps == pytest.approx(seconds["total"], abs=0.05)
        parts = run["tuned"]["seconds_of_measure"]
        assert sum(parts.values()) == pytest.approx(seconds["measure"], abs=0.02)
        assert run["wall"] > seconds["total"]
