"""The exported files are what Kernel Tuner reads, and a search of it ends where ours does."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import kernel_tuner
import pandas as pd
import pytest
from kernel_tuner.file_utils import output_file_schema

from scripts.export import t4
from scripts.export.cell_space import ABSENT, cell_space
from scripts.export.simulation_cache import ERRORS, simulation_cache
from scripts.export.t4_results import INVALIDITY, t4_results
from scripts.lib.config import from_entry, parse_id
from scripts.lib.drift import drift_corrected_us
from scripts.lib.files import InputError
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.measured import CELLS, TRIALS
from scripts.lib.tables import read_table, write_table
from tests.statistics.conftest import drawn
from tests.statistics.study import CONFIGS, Study

__all__ = ["drawn"]
ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "data/recorded/measured/nvidia_h200-bf16"
CELL = "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64"
FILES = ("results.json", "metadata.json", "cache.json")
# Kernel Tuner warns that no parameter is named as its own thread blocks are, and of nothing else.
pytestmark = pytest.mark.filterwarnings("ignore:None of the tunable parameters specify")


def simulate(cache: Path, **options: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A search of Kernel Tuner over the recorded configs."""
    found, environment = kernel_tuner.tune_cache(str(cache), quiet=True, **options)
    return found, environment["best_config"]


def options_of(*folders: Path) -> list[str]:
    names = {"trials": "trials.parquet", "cells": "cells.parquet", "runs": "runs.json"}
    paths = {name: [str(folder / file) for folder in folders] for name, file in names.items()}
    return [word for name, found in paths.items() for word in (f"--{name}", *found)]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one recorded cell."""
    out = tmp_path_factory.mktemp("t4")
    assert t4.main([*options_of(RECORDED), "--cell", CELL, "--out", str(out)]) == 0
    return out / CELL


@pytest.fixture(scope="module")
def recorded() -> pd.Series:
    """Correct configs of the recorded cell -> latency in us, freed of drift."""
    trials = read_table(RECORDED / "trials.parquet", TRIALS)
    rows = trials[(trials["cell_id"] == CELL) & (trials["outcome"] == Outcome.CORRECT)]
    return rows.assign(us=drift_corrected_us(rows)).set_index("config_id")["us"]


def test_brute_force_ends_at_our_best(exported: Path, recorded: pd.Series) -> None:
    found, best = simulate(exported / "cache.json")
    assert len(found) == len(recorded) > 1000
    assert best["config_id"] == recorded.idxmin()
    assert best["time"] == pytest.approx(recorded.min() / 1000)


@pytest.mark.parametrize("strategy", ["random_sample", "genetic_algorithm"])
def test_a_strategy_searches_the_recorded_space(
    exported: Path, recorded: pd.Series, strategy: str
) -> None:
    found, best = simulate(
        exported / "cache.json", strategy=strategy, strategy_options={"max_fevals": 40}, seed=1
    )
    tried = {row["config_id"] for row in found}
    assert 20 <= len(tried) <= 41
    assert best["config_id"] == recorded[list(tried)].idxmin()


def test_a_time_limit_counts_what_the_trials_held_the_gpu(exported: Path) -> None:
    found, _ = simulate(
        exported / "cache.json",
        strategy="random_sample",
        strategy_options={"time_limit": 8, "fraction": 0.99},
    )
    held = [row["benchmark_time"] / 1000 for row in found]
    trials = read_table(RECORDED / "trials.parquet", TRIALS)
    assert trials.loc[trials["cell_id"] == CELL, "gpu_seconds"].sum() > 12
    assert 4 < sum(held) <= 8 + max(held)  # the limit also counts what the search itself takes


@pytest.mark.parametrize("target", ["results", "metadata"])
def test_the_files_follow_the_schema(exported: Path, target: str) -> None:
    version, schema = output_file_schema(target)
    content = json.loads((exported / f"{target}.json").read_text())
    jsonschema.validate(content, schema)
    assert content["schema_version"] == version


def test_results_hold_every_trial_with_its_latency(exported: Path, recorded: pd.Series) -> None:
    content = json.loads((exported / "results.json").read_text())
    found = {}
    for result in content["results"]:
        figures = {entry["name"]: entry["value"] for entry in result["measurements"]}
        entry = {k: v for k, v in result["configuration"].items() if v != ABSENT}
        assert from_entry(entry) == parse_id(figures["config_id"])
        assert result["times"]["runtimes"] == [figures["time"]]
        found[figures["config_id"]] = 1000 * figures["time"]
    pd.testing.assert_series_equal(
        pd.Series(found).sort_index(), recorded.sort_index(), check_names=False
    )


def test_a_key_that_some_configs_lack_is_a_value_of_its_own(exported: Path) -> None:
    content = json.loads((exported / "cache.json").read_text())
    assert content["tune_params"]["num_ctas"] == [ABSENT, 1]
    with_key = [entry for entry in content["cache"].values() if entry["num_ctas"] != ABSENT]
    assert all(entry["config_id"].endswith("-C1") for entry in with_key)
    assert with_key


def test_the_same_tables_give_the_same_bytes(exported: Path, tmp_path: Path) -> None:
    assert t4.main([*options_of(RECORDED), "--cell", CELL, "--out", str(tmp_path)]) == 0
    for name in FILES:
        assert (tmp_path / CELL / name).read_bytes() == (exported / name).read_bytes()


def with_outcomes(study: Study, cell_id: str) -> pd.DataFrame:
    """The trials of a cell, one for each outcome among them."""
    trials = study.trials[study.trials["cell_id"] == cell_id].copy().reset_index(drop=True)
    failed = [outcome for outcome in Outcome if outcome is not Outcome.CORRECT]
    trials.loc[: len(failed) - 1, "outcome"] = failed
    return trials


def test_every_outcome_has_its_word(drawn: Study) -> None:
    cell_id = str(drawn.cells["cell_id"].iloc[0])
    space = cell_space(with_outcomes(drawn, cell_id), drawn.cells, cell_id)
    results = json.loads(t4_results(space))["results"]
    jsonschema.validate({"results": results}, output_file_schema("results")[1])
    by_outcome = {
        point.outcome: result for point, result in zip(space.points, results, strict=True)
    }
    assert set(by_outcome) == set(INVALIDITY) == set(Outcome) - {Outcome.NOT_MEASURED}
    for outcome, result in by_outcome.items():
        assert result["invalidity"] == INVALIDITY[outcome]
        assert (result["correctness"] == 1) == (outcome is Outcome.CORRECT)
        timed = [entry for entry in result["measurements"] if entry["name"] == "time"]
        assert bool(timed) == (outcome is Outcome.CORRECT)
    assert len(results) == len(CONFIGS) - 1  # the one that was not measured is no result


def test_failures_are_errors_to_the_simulation(drawn: Study, tmp_path: Path) -> None:
    cell_id = str(drawn.cells["cell_id"].iloc[0])
    trials = with_outcomes(drawn, cell_id)
    cache = tmp_path / "cache.json"
    cache.write_text(simulation_cache(cell_space(trials, drawn.cells, cell_id)))
    entries = kernel_tuner.util.read_cache(str(cache), open_cache=False)["cache"].values()
    named = {entry["config_id"]: str(entry.get("__error__", "")) for entry in entries}
    outcomes = trials.set_index("config_id")["outcome"].drop(
        trials.loc[trials["outcome"] == Outcome.NOT_MEASURED, "config_id"]
    )
    assert named == {name: ERRORS.get(Outcome(o), "") for name, o in outcomes.items()}
    found, best = simulate(cache)
    assert len(found) == (outcomes == Outcome.CORRECT).sum()
    assert not re.search("Config$", str(best["time"]))


def test_an_unknown_cell_is_an_error_with_the_nearest(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wrong = CELL.replace("M64", "M65")
    assert t4.main([*options_of(RECORDED), "--cell", wrong, "--out", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert wrong in message
    assert "nearest: " in message
    assert not list(tmp_path.iterdir())


def test_a_cell_of_a_second_recording_is_found_and_one_of_two_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name, table in (("trials", TRIALS), ("cells", CELLS)):
        frame = read_table(RECORDED / f"{name}.parquet", table)
        frame = frame[frame["cell_id"] == CELL]
        named = frame["cell_id"].str.replace("H200", "B200")
        write_table(other / f"{name}.parquet", frame.assign(cell_id=named), table)
    shutil.copy(RECORDED / "runs.json", other)
    second = CELL.replace("H200", "B200")
    assert (
        t4.main(
            [*options_of(RECORDED, other), "--cell", CELL, second, "--out", str(tmp_path / "out")]
        )
        == 0
    )
    assert (tmp_path / "out" / second / "results.json").is_file()
    twice = options_of(RECORDED, RECORDED)
    assert t4.main([*twice, "--cell", CELL, "--out", str(tmp_path / "none")]) == 2
    assert "is in two recordings" in capsys.readouterr().err


def test_a_cell_without_a_trial_is_an_error(drawn: Study) -> None:
    cell_id = str(drawn.cells["cell_id"].iloc[0])
    with pytest.raises(InputError, match="no trial of it was measured"):
        cell_space(drawn.trials.iloc[:0], drawn.cells, cell_id)


def test_all_stands_for_every_measured_cell() -> None:
    cells = read_table(RECORDED / "cells.parquet", CELLS)
    assert t4.chosen(["all"], cells) == sorted(cells["cell_id"])
    assert t4.chosen([CELL, CELL], cells) == [CELL]


def test_a_run_that_the_provenance_lacks_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    runs = tmp_path / "runs.json"
    runs.write_text(json.dumps({"runs": [{"run_id": "another"}]}))
    arguments = options_of(RECORDED)
    arguments[arguments.index("--runs") + 1] = str(runs)
    assert t4.main([*arguments, "--cell", CELL, "--out", str(tmp_path / "out")]) == 2
    assert "unknown --runs: run" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("held", ["[]", '{"runs": 3}', '{"runs": [1]}', '{"runs": [{}]}'])
def test_what_holds_no_runs_is_refused(tmp_path: Path, held: str) -> None:
    (tmp_path / "runs.json").write_text(held)
    with pytest.raises(InputError, match=r"runs.json: holds no runs"):
        t4.runs_by_id(tmp_path / "runs.json")
