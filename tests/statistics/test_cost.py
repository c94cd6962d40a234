"""Cost of tuning: what is summed, what is sampled, what taught, and bad records."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.cost import COST, COST_TRAINING, CostOf, Part
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.schemas.recorded import COVERAGE, RECORDED
from scripts.lib.schemas.space import SPACE
from scripts.lib.tables import read_table, write_table
from scripts.statistics import cost
from scripts.statistics.training_cost import predictor
from tests.report.copied import filled
from tests.statistics import planted_cost
from tests.statistics.conftest import PLAN
from tests.statistics.planted_cost import DATASET, FILES, RUNS, SHAPE, evidence, measured
from tests.statistics.study import CONFIGS, DEVICE

CALLS = 250  # 25 replays of a graph of 10 calls
Body = dict[str, Any]


def made(body: Body | None = None) -> list[pd.DataFrame]:
    return cost.tables([body or measured()], evidence(), PLAN)


def by_part(body: Body | None = None) -> pd.DataFrame:
    return made(body)[0].set_index(["what", "part"])


def compiling(body: Body) -> float:
    return float(np.mean([row["compile_seconds"] for row in body["upstream"]["samples"]]))


def test_timing_is_the_sum_of_recorded_latencies_of_legal_configs() -> None:
    """From the trials alone; configs beyond the space and failed ones are not in it."""
    seconds = 0.0
    for row in evidence().trials.itertuples():
        if row.config_id in CONFIGS and row.outcome == Outcome.CORRECT:
            seconds += CALLS * 1e-6 * float(row.median_us)
    found = by_part()["value"]
    for what in (CostOf.UPSTREAM, CostOf.UPSTREAM_COLD):
        assert found[what, Part.TIMING] == pytest.approx(seconds, rel=1e-9)


def test_compiling_is_paid_once_a_file_or_at_each_batch_size() -> None:
    found, one = by_part()["value"], compiling(measured())
    for what, times in ((CostOf.UPSTREAM, 1), (CostOf.UPSTREAM_COLD, 18)):
        assert found[what, Part.COMPILE] == pytest.approx(one * len(CONFIGS) * times)
        assert found[what, Part.COMPILE_ILLEGAL] == pytest.approx(one * times)  # one is illegal
        parts = [found[what, part] for part in (Part.COMPILE, Part.COMPILE_ILLEGAL, Part.TIMING)]
        assert found[what, Part.TOTAL] == pytest.approx(sum(parts))


def test_factors_are_of_seconds_of_the_gpu_and_of_the_cores() -> None:
    found = by_part()
    for what, ratio in ((CostOf.UPSTREAM, CostOf.RATIO), (CostOf.UPSTREAM_COLD, CostOf.RATIO_COLD)):
        theirs, factor = found.loc[(what, Part.TOTAL)], found.loc[(ratio, Part.TOTAL)]
        assert factor["value"] == pytest.approx(theirs["value"] / 2.0)
        assert factor["gpu_seconds"] == pytest.approx(theirs["gpu_seconds"] / 1.25)
        # Compiling held 15 cores more for half a second.
        assert factor["cpu_seconds"] == pytest.approx(theirs["value"] / (2.0 + 15 * 0.5))
    assert theirs["gpu_seconds"] == found.loc[(CostOf.UPSTREAM, Part.TIMING), "value"]


def test_what_taught_the_predictor_is_charged_in_shares_or_whole() -> None:
    found, total = by_part(), 8.0 + 2.0 + 2 * 10.0
    around = float(evidence().recorded["around_seconds"].sum())
    theirs = found.loc[(CostOf.UPSTREAM, Part.TOTAL), "value"]
    for part, share in ((Part.SHARED, 1 / FILES), (Part.ALONE, 1.0)):
        factor = found.loc[(CostOf.RATIO, part)]
        assert factor["value"] == pytest.approx(theirs / (2.0 + share * (total + around)))
        cores = 2.0 + 15 * 0.5 + share * (16 * 8.0 + 4 * 2.0 + 2 * 10.0 + around)
        assert factor["cpu_seconds"] == pytest.approx(theirs / cores)


def test_regret_is_over_the_fastest_recorded_config_freed_of_drift() -> None:
    cells = made()[1].set_index("cell_id")
    for cell_id, rows in evidence().trials.groupby("cell_id"):
        ran = rows[rows["outcome"] == Outcome.CORRECT].set_index("config_id")
        usual = np.median(rows["anchor_us"].dropna())
        us = ran["median_us"] * usual / ran["anchor_us"]
        wanted = us[CONFIGS[7]] / us.min() if CONFIGS[7] in us else np.nan
        assert cells.loc[cell_id, "regret"] == pytest.approx(wanted, nan_ok=True)
    assert (cells["chosen_id"] == CONFIGS[7]).all()


def test_what_was_sampled_has_an_interval_and_what_was_summed_has_none() -> None:
    found = by_part()
    sampled = found[found["samples"].notna() & (found.index.get_level_values(1) != Part.CHECK)]
    assert (sampled["samples"] == 4).all()
    assert ((sampled["low"] < sampled["value"]) & (sampled["value"] < sampled["high"])).all()
    plain = found[found["samples"].isna()]
    assert plain[["low", "high"]].isna().all(axis=None)
    assert set(plain.index.get_level_values(0)) == {
        CostOf.GRAPHX, CostOf.UPSTREAM, CostOf.UPSTREAM_COLD,
    }  # fmt: skip


def test_batch_sizes_that_differ_widen_the_interval() -> None:
    """Configs of one batch size compile alike; four samples of two batch sizes are not four."""
    body = measured()
    for row, seconds in zip(body["upstream"]["samples"], (0.1, 0.1, 0.3, 0.3), strict=True):
        row["compile_seconds"] = seconds
    found = by_part(body).loc[(CostOf.UPSTREAM, Part.COMPILE)]
    ends = [len(CONFIGS) * 0.1, len(CONFIGS) * 0.3]
    assert [found["low"], found["high"]] == pytest.approx(ends)


def test_the_sampled_timing_checks_the_sum() -> None:
    us = evidence().trials.set_index(["cell_id", "config_id"])["median_us"]
    samples = measured()["upstream"]["samples"]
    summed = sum(CALLS * 1e-6 * us[row["cell_id"], row["config_id"]] for row in samples)
    wanted = sum(row["timing_seconds"] for row in samples) / summed
    assert by_part().loc[(CostOf.UPSTREAM, Part.CHECK), "value"] == pytest.approx(wanted)


def test_a_recording_is_held_against_the_same_estimate() -> None:
    found = made()[2].set_index("what")
    parts = by_part()["value"]
    for what in (CostOf.UPSTREAM, CostOf.UPSTREAM_COLD):
        assert found.loc[what, "value"] == parts[what, Part.TOTAL]  # one layer, so the same
    ours = 8.0 + 2.0 + 2 * 10.0 + evidence().recorded["around_seconds"].sum()
    assert found.loc[CostOf.GRAPHX, "value"] == pytest.approx(ours)
    ratio = found.loc[CostOf.UPSTREAM, "value"] / ours
    assert found.loc[CostOf.RATIO, "value"] == pytest.approx(ratio)
    assert (found["cells"] == 18).all() and (found["layers"] == 1).all()


def test_a_recording_with_other_cells_is_not_held_against_it() -> None:
    more = evidence().recorded.iloc[:1].assign(cell_id=f"{DEVICE}/{SHAPE}/M7", tokens=7)
    recorded = pd.concat([evidence().recorded, more], ignore_index=True)
    tables = cost.tables([measured()], replace(evidence(), recorded=recorded), PLAN)
    assert tables[2].empty
    assert len(tables[1]) == 18


def test_without_a_recording_of_the_whole_layer_there_is_this_side_only() -> None:
    partly = evidence().recorded.iloc[1:]
    files, cells, layers, _ = cost.tables([measured()], replace(evidence(), recorded=partly), PLAN)
    assert set(files["what"]) == {CostOf.GRAPHX}
    assert cells.empty and layers.empty


def test_a_model_not_named_is_the_one_recorded_beside_the_tuning(tmp_path: Path) -> None:
    path = tmp_path / DATASET / "model.json"
    path.parent.mkdir()
    trained = [[DEVICE, "E8-N1792-K4096-top2-bf16"]]
    body = {"version": "v2", "evidence": {"data": {DATASET: "0" * 64}}, "trained": trained}
    path.write_text(json.dumps(body))
    old = measured()
    del old["model"]
    here = replace(evidence(), models=[path])
    taught = cost.tables([old], here, PLAN)[3].iloc[0]
    assert not taught["named"] and not taught["has_layer"]
    assert taught["model_version"] == "v2"
    named = made()[3].iloc[0]
    assert named["named"] and named["has_layer"]
    old["gpu"]["uuid"] = "GPU-2"
    assert predictor(old, [path], {DATASET: RUNS}) is None
    files, _, _, none = cost.tables([old], here, PLAN)
    assert none.empty and list(none.columns) == COST_TRAINING.names
    assert set(files.loc[files["what"] == CostOf.RATIO, "part"]) == {Part.TOTAL}


def test_a_model_that_learned_from_what_is_not_given_is_refused() -> None:
    body = measured() | {"model": planted_cost.MODEL | {"datasets": ["elsewhere"]}}
    with pytest.raises(InputError, match="elsewhere: a predictor learned from it"):
        made(body)


@pytest.fixture
def arguments(tmp_path: Path) -> Callable[..., list[str]]:
    """The command line over files of the planted recording and of these costs."""
    found = evidence()
    files = {
        "trials": (found.trials[TRIALS.names], TRIALS),
        "recorded": (found.recorded, RECORDED),
        "coverage": (filled(found.coverage, COVERAGE), COVERAGE),
        "space": (found.space, SPACE),
    }
    folder = tmp_path / DATASET
    options = []
    for name, (frame, schema) in files.items():
        write_table(folder / f"{name}.parquet", frame, schema)
        options += [f"--{name}", str(folder / f"{name}.parquet")]
    (folder / "runs.json").write_text(json.dumps(RUNS))
    options += ["--runs", str(folder / "runs.json"), "--models", "--resamples", "200"]
    for name in ("", "-cells", "-recordings", "-training"):
        options += [f"--out{name}", str(tmp_path / f"cost{name}.parquet")]

    def make(*bodies: Body) -> list[str]:
        paths = [tmp_path / f"{number}.json" for number in range(len(bodies))]
        for path, body in zip(paths, bodies, strict=True):
            path.write_text(json.dumps(body))
        return ["--costs", *map(str, paths), *options]

    return make


def test_main_reads_records_of_several_gpus_and_none(
    tmp_path: Path, arguments: Callable[..., list[str]]
) -> None:
    assert cost.main(arguments(measured(), measured("NVIDIA_B200"))) == 0
    rows = read_table(tmp_path / "cost.parquet", COST)
    assert rows["device"].unique().tolist() == ["NVIDIA_H200", "NVIDIA_B200"]
    second = rows[rows["device"] == "NVIDIA_B200"]
    assert set(second["what"]) == {CostOf.GRAPHX}  # nothing of it is recorded
    assert cost.main(arguments(measured())) == 0
    alone = read_table(tmp_path / "cost.parquet", COST)
    pd.testing.assert_frame_equal(alone, rows[rows["device"] == "NVIDIA_H200"])
    assert cost.main(arguments()) == 0
    assert read_table(tmp_path / "cost.parquet", COST).empty


@pytest.mark.parametrize(("part", "field"), [("graphx", "seconds"), ("upstream", "samples")])
def test_a_missing_field_is_named_and_nothing_is_written(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: Callable[..., list[str]],
    part: str,
    field: str,
) -> None:
    broken = copy.deepcopy(measured())
    del broken[part][field]
    assert cost.main(arguments(broken)) == 2
    assert f"0.json: lacks '{field}'" in capsys.readouterr().err
    assert not (tmp_path / "cost.parquet").exists()


def test_without_a_config_file_of_the_gpu_nothing_is_shared_out() -> None:
    none = replace(evidence(), coverage=evidence().coverage.head(0))
    with pytest.raises(InputError, match=f"coverage: no config file of {DEVICE}; build its table"):
        cost.tables([measured()], none, PLAN)
