"""An honest ledger for the tests that tamper with it, and what every run of the harness names."""

import sys

import pytest

from tests.ledger.forging import PLAN
from tests.ledger.noisy import Noisy
from tests.measure.bench import CONFIGS, Bench
from tests.measure.scripted import ScriptedGpu

WORDS = ["sweep", "--plan", "plan.parquet", "--ledger", "ledger.jsonl", "--trials", "5"]
FAULTS = {CONFIGS[4]: "raise", CONFIGS[7]: "die"}


def name_the_run(patch: pytest.MonkeyPatch) -> None:
    """Runs of the harness in tests name a commit and a command, wherever the tests run."""
    patch.setattr(sys, "argv", WORDS)
    patch.setenv("GRAPHX_COMMIT", "0123456789abcdef0123456789abcdef01234567")


@pytest.fixture(autouse=True)
def _named_run(monkeypatch):
    name_the_run(monkeypatch)


@pytest.fixture(scope="package")
def honest(tmp_path_factory):
    """A ledger of two cells: a budget spent, gone on with, and one cell begun on another GPU."""
    with pytest.MonkeyPatch.context() as patch:
        name_the_run(patch)
        bench = Bench(tmp_path_factory.mktemp("honest"), FAULTS)
        bench.make = Noisy(bench.script)
        assert bench.run(PLAN, trials=5) == 4
        assert bench.run(PLAN, gpus=[ScriptedGpu(uuid="GPU-other")]) == 0
    return bench.ledger
