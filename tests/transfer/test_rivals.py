"""Other tools' searches: legal, once each, repeatable; their record is what a new run gives."""

import json
import random
from collections import Counter
from pathlib import Path

import kernel_tuner
import numpy as np
import pytest

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.transfer.learn_kernel import PLAIN_START
from scripts.transfer.rivals import run_number
from scripts.transfer.rivals.kernel_tuner_search import (
    STRATEGIES,
    kernel_tuner_order,
    write_legal,
)
from scripts.transfer.rivals.optuna_search import Tpe
from scripts.transfer.rivals.record import Job, Seeds, jobs_of, runs_of
from scripts.transfer.strategy import search
from tests.transfer.recorded import recording
from tests.transfer.study import CELLS_SMALL, CONFIGS, LEGAL, latency

CELL = CELLS_SMALL[1]
ONE = recording(CELL, failed=CONFIGS[:2])
OUTSIDE = Config(32, 16, 256, 4, 2, 7)


def write_cache(path: Path) -> Path:
    """The cell as scripts.export.t4 writes it, with one config more than is legal."""
    entries = {}
    for config in [*LEGAL.configs, OUTSIDE]:
        entry = config.to_entry()
        us = ONE.measure(CELL, config).latency_us
        timed = {"time": us / 1000} if us else {"__error__": "CompilationFailedConfig"}
        times = {"compile_time": 0.0, "verification_time": 0.0, "benchmark_time": 1.0}
        key = ",".join(str(value) for value in entry.values())
        entries[key] = entry | timed | times | {"config_id": config.id}
    names = list(CONFIGS[0].to_entry())
    head = {
        "device_name": "NVIDIA_H200", "kernel_name": "fused_moe", "problem_size": [64, 3584, 4096],
        "tune_params_keys": names, "objective": "time",
        "tune_params": {n: sorted({e[n] for e in entries.values()}) for n in names},
    }  # fmt: skip
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(entry)}" for key, entry in entries.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{json.dumps(head)[:-1]}, "cache": {{\n{lines}}}\n}}\n')
    return path


@pytest.fixture
def legal_cache(tmp_path: Path) -> Path:
    write_legal(write_cache(tmp_path / "all.json"), LEGAL, tmp_path / "cache.json")
    return tmp_path / "cache.json"


def test_kernel_tuner_reads_the_legal_space_alone(legal_cache: Path) -> None:
    content = kernel_tuner.util.read_cache(str(legal_cache), open_cache=False)
    assert {entry["config_id"] for entry in content["cache"].values()} == {
        config.id for config in LEGAL.configs
    }
    assert content["tune_params"]["num_stages"] == [2, 3, 4]


@pytest.mark.parametrize("name", STRATEGIES)
def test_kernel_tuner_asks_for_timed_configs_once_and_repeats_itself(
    legal_cache: Path, name: str
) -> None:
    order = kernel_tuner_order(legal_cache, name, 7, 20)
    assert len(set(order)) == len(order) <= 20
    assert set(order) <= set(LEGAL.configs) - set(CONFIGS[:2])
    random.seed(99)
    np.random.seed(99)
    assert kernel_tuner_order(legal_cache, name, 7, 20) == order
    assert kernel_tuner_order(legal_cache, name, 8, 20) != order


@pytest.mark.parametrize("seed", [0, 1])
def test_tpe_covers_the_space_once_and_repeats_itself(seed: int) -> None:
    def order() -> list[Config]:
        steps = search(Tpe(LEGAL, CELL, seed), ONE, CELL, Budget(200))
        return [config for config, _ in steps]

    asked = order()
    assert sorted(asked) == sorted(LEGAL.configs)
    assert asked == order()


def test_tpe_learns() -> None:
    """After some trials it asks for better configs than chance would."""
    steps = search(Tpe(LEGAL, CELL, 1), ONE, CELL, Budget(30))
    later = [trial.latency_us for _, trial in steps[12:] if trial.latency_us]
    assert np.mean(later) < np.mean([latency(CELL, config) for config in LEGAL.configs])


def test_each_cell_and_seed_draws_its_own_numbers() -> None:
    numbers = {run_number(cell, seed) for cell in CELLS_SMALL for seed in range(50)}
    assert len(numbers) == 150


def test_a_recorded_run_is_what_a_new_run_gives(tmp_path: Path) -> None:
    job = Job(ONE, write_cache(tmp_path / "cache.json"), PLAIN_START)
    rows = runs_of(Seeds(2, 3), job)
    assert rows == runs_of(Seeds(2, 3), job)
    assert Counter(row["strategy"] for row in rows) == {
        "cold Bayesian": 3, "Optuna TPE": 2, **{f"Kernel Tuner {name}": 2 for name in STRATEGIES},
    }  # fmt: skip
    assert [row for row in rows if row["seed"] == 0] == runs_of(Seeds(1, 1), job)
    assert {row["trials_sha256"] for row in rows} == {ONE.digest}


def test_a_cell_that_was_not_exported_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cache.json: not there; .* scripts.export.t4"):
        list(jobs_of([ONE], tmp_path, 1))
