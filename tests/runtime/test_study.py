"""A study of the operator from plan to tables, with the operator in plain torch on the CPU."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from scripts.ledger.checks.command import why_not_replayable
from scripts.ledger.consolidate import consolidate
from scripts.lib.budget import Budget
from scripts.lib.chain import Chain, read_chain
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.tables import read_table
from scripts.measure.controller.candidates import plan_of
from scripts.measure.controller.fleet import Fleet, Limits
from scripts.measure.controller.progress import status_of, tally
from scripts.measure.controller.records import NO_LIMIT
from scripts.measure.controller.subject import nothing_to_compile
from scripts.runtime.installed import Installed
from scripts.runtime.study import operator
from tests.measure.scripted import ScriptedGpu
from tests.runtime.eager import CONDITIONS, QUICK, make_worker

CONFIGS = [f"M16-N{n}-K64-G1-W4-S3" for n in (32, 64, 128)]
# The layer with more work stands last: the plan's order is what counts.
CELLS_IN_ORDER = [
    f"NVIDIA_H200/E4-N{n}-K256-top2-{scheme}/M{m}"
    for n, scheme in ((128, "fp8_w8a8_b128x128"), (256, "bf16"))
    for m in (1, 2)
]


def named_plan() -> pd.DataFrame:
    rows = plan_of(CELLS_IN_ORDER, CONFIGS)
    said = {CONFIGS[0]: "committed", CONFIGS[1]: "default", CONFIGS[2]: "chosen"}
    return rows.assign(proposed_by=rows["config_id"].map(said))


PLAN = named_plan()


def run(
    ledger: Path, faults=None, seconds: float = math.inf, source: str = "0123456789abcdef"
) -> int:
    """One run into a ledger; its exit status."""
    subject = operator(Installed("0.24.0", Path("/nowhere"), source), 0)
    subject = replace(subject, compile=lambda *_: nothing_to_compile)
    chain = Chain(ledger)
    limits = Limits(Budget(NO_LIMIT), time.monotonic() + seconds)
    try:
        fleet = Fleet(
            chain, [ScriptedGpu()], CONDITIONS, QUICK, limits, make_worker(faults), subject
        )
        finished = fleet.run(PLAN, [()])
    finally:
        chain.close()
    return status_of(tally(PLAN, fleet.done), finished)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("op") / "ledger.jsonl"
    assert run(path, {128: RuntimeError("refused by the driver")}) == 0
    return path


def test_every_candidate_has_an_outcome_and_a_failure_its_reason(ledger):
    attempts = [body for body in read_chain(ledger) if body["kind"] == "attempt"]
    assert len(attempts) == len(PLAN)
    by_config = {
        config: {a["outcome"] for a in attempts if a["config_id"] == config} for config in CONFIGS
    }
    assert by_config == {
        CONFIGS[0]: {"correct"},
        CONFIGS[1]: {"correct"},
        CONFIGS[2]: {"runtime_error"},
    }
    assert "refused by the driver" in attempts[-1]["reason"]


def test_a_run_says_which_operator_it_measured(ledger):
    run_line = next(body for body in read_chain(ledger) if body["kind"] == "run")
    assert run_line["kernel_hash"] == "0123456789abcdef"
    assert run_line["conditions"]["scope"] == "op"
    assert run_line["packages"]["vllm"] == "absent"  # none is installed here
    assert run_line["command"].startswith("python -m scripts.runtime.study")


def test_layers_are_taken_in_the_plans_order_and_finals_hold_twins(ledger):
    finals = [body for body in read_chain(ledger) if body["kind"] == "finals"]
    assert [body["cell_id"] for body in finals] == CELLS_IN_ORDER
    for body in finals:
        assert body["slots"].count(CONFIGS[0]) >= 3  # committed, for A/A
        assert len(body["slots"]) == 2 + 1 + 2
        assert len(body["us"]) == QUICK.rounds


def test_the_ledger_becomes_the_tables_of_any_other_recording(ledger, tmp_path):
    consolidate([ledger], tmp_path)
    cells = read_table(tmp_path / "cells.parquet", CELLS)
    assert cells["scope"].unique().tolist() == ["op"]
    assert cells["kernel_hash"].unique().tolist() == ["0123456789abcdef"]
    assert cells["committed_id"].unique().tolist() == [CONFIGS[0]]
    trials = read_table(tmp_path / "trials.parquet", TRIALS)
    assert trials["registers_up"].isna().all()
    assert len(read_table(tmp_path / "finals.parquet", FINALS)) == 4 * 5 * QUICK.rounds


def test_a_pause_loses_nothing_and_the_next_run_goes_on(tmp_path):
    path = tmp_path / "ledger.jsonl"
    assert run(path, seconds=0.0) == 3
    assert run(path) == 0
    attempts = [body for body in read_chain(path) if body["kind"] == "attempt"]
    assert len(attempts) == len(PLAN)
    before = path.stat().st_size
    assert run(path) == 0  # nothing is left to do
    assert path.stat().st_size == before


def test_another_kernel_source_is_another_measurement(tmp_path):
    path = tmp_path / "ledger.jsonl"
    assert run(path) == run(path, source="fedcba9876543210") == 0
    attempts = [body for body in read_chain(path) if body["kind"] == "attempt"]
    assert len(attempts) == 2 * len(PLAN)


def test_its_commands_can_be_given_again():
    command = "python -m scripts.runtime.study --plan p.parquet --ledger l.jsonl --profile zipf"
    assert why_not_replayable(command) is None
    assert why_not_replayable(f"{command} --weights hot") is not None
