"""One cell from the controller's side, with a worker process that dies, hangs and fails."""

import time
from collections import Counter

import pandas as pd
import pytest

from scripts.ledger import consolidate
from scripts.lib.chain import Chain, read_chain
from scripts.lib.isolate import Child
from scripts.measure.cell_run import CellRun, Site
from scripts.measure.protocol import Protocol
from scripts.measure.records import Done, kernel_hash, read_done, run_line
from tests.measure.scripted import QuietGpu, latency_us, make_scripted

CELL = "NVIDIA_H200/E8-N256-K512-top2-bf16/M4"
CONFIGS = [f"M16-N{n}-K64-G{g}-W4-S{s}" for n in (32, 64) for g in (1, 16) for s in (2, 3, 4)]
PLAN = pd.DataFrame(
    {
        "cell_id": CELL,
        "order": range(len(CONFIGS)),
        "config_id": CONFIGS,
        "proposed_by": ["committed,S1:NVIDIA_H100_80GB_HBM3", "default"] + [""] * 10,
        "predicted_us": [10.5, 20.25] + [None] * 10,
        "model_version": ["v1", "v1"] + [None] * 10,
    }
)
PROTOCOL = Protocol(trial_deadline_s=1.5, anchor_every=4, finalists=3)
FOREVER = float("inf")


class Bench:
    """A ledger, a scripted worker and what a sweep holds around a cell."""

    def __init__(self, tmp_path, faults=None):
        self.ledger, self.log = tmp_path / "ledger.jsonl", tmp_path / "begun"
        self.faults = faults or {}

    def run(self, until=FOREVER, failed=None, uuid="GPU-1"):
        chain = Chain(self.ledger)
        done = read_done(chain.bodies, PROTOCOL.hash, kernel_hash(), uuid)
        chain.append(run_line(f"run-{done.runs}", PROTOCOL, "uniform", {"uuid": uuid}))
        worker = Child(make_scripted, self.faults, self.log)
        try:
            run_id = f"run-{done.runs}"
            site = Site(run_id, PROTOCOL, worker, QuietGpu(), chain, done, failed or {}, until)
            return CellRun(CELL, PLAN, site).measure()
        finally:
            worker.stop()
            chain.close()

    @property
    def bodies(self):
        return list(read_chain(self.ledger))

    @property
    def attempts(self):
        return [body for body in self.bodies if body["kind"] == "attempt"]

    @property
    def begun(self):
        return self.log.read_text().split()


def test_every_config_of_the_plan_gets_one_outcome(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run()
    assert [a["config_id"] for a in bench.attempts] == CONFIGS
    kinds = Counter(body["kind"] for body in bench.bodies)
    assert kinds == {"run": 1, "attempt": 12, "anchor": 5, "finals": 1, "cell": 1}


def test_an_attempt_carries_the_prediction_that_was_on_the_plan(tmp_path):
    bench = Bench(tmp_path)
    bench.run()
    stamped = {a["config_id"]: a["predicted_us"] for a in bench.attempts if "predicted_us" in a}
    assert stamped == {CONFIGS[0]: 10.5, CONFIGS[1]: 20.25}
    trials = consolidate.trials(bench.bodies).set_index("config_id")
    assert trials["predicted_us"].dropna().to_dict() == stamped
    assert trials.loc[CONFIGS[1], "model_version"] == "v1"


def test_finals_hold_the_best_all_proposals_and_their_twins(tmp_path):
    bench = Bench(tmp_path)
    bench.run()
    slots = next(body["slots"] for body in bench.bodies if body["kind"] == "finals")
    ranked = sorted(CONFIGS, key=latency_us)
    assert slots[:3] == ranked[:3]
    assert set(slots) == {*ranked[:3], *CONFIGS[:2]}
    assert slots.count(CONFIGS[0]) == 3 + (CONFIGS[0] == ranked[0])
    assert slots.count(ranked[0]) >= 2


@pytest.mark.parametrize(
    ("fault", "outcome", "words"),
    [
        ("die", "runtime_error", "SIGSEGV"),
        ("poison", "runtime_error", "illegal memory access"),
        ("raise", "runtime_error", "MemoryError: out of memory"),
        ("hang", "timeout", "no answer within 1.5 s"),
    ],
)
def test_a_fault_is_an_outcome_and_the_next_config_runs(tmp_path, fault, outcome, words):
    bench = Bench(tmp_path, {CONFIGS[3]: fault, CONFIGS[7]: fault})
    assert bench.run()
    by_config = {a["config_id"]: a for a in bench.attempts}
    assert list(by_config) == CONFIGS
    for config in (CONFIGS[3], CONFIGS[7]):
        assert by_config[config]["outcome"] == outcome
        assert words in by_config[config]["reason"]
        assert "median_us" not in by_config[config]
    assert by_config[CONFIGS[4]]["outcome"] == "correct"
    assert bench.begun == CONFIGS  # none twice, the faulty ones included


def test_what_the_compiler_refused_never_reaches_the_worker(tmp_path):
    bench = Bench(tmp_path)
    parts = "BLOCK_SIZE_M=16,BLOCK_SIZE_N=64,BLOCK_SIZE_K=64,GROUP_SIZE_M=1,num_warps=4"
    assert bench.run(failed={f"bf16-share1-down/{parts},num_stages=2": "PassManager failed"})
    refused = [a for a in bench.attempts if a["outcome"] == "compile_error"]
    assert [a["config_id"] for a in refused] == ["M16-N64-K64-G1-W4-S2"]
    assert refused[0]["reason"] == "bf16-share1-down: PassManager failed"
    assert "M16-N64-K64-G1-W4-S2" not in bench.begun


def test_out_of_time_it_stops_and_goes_on_where_it_was(tmp_path):
    bench = Bench(tmp_path, {CONFIGS[2]: "hang"})
    assert not bench.run(until=time.monotonic() + 0.7)
    some = len(bench.attempts)
    assert 0 < some < len(CONFIGS)
    assert bench.run()
    assert [a["config_id"] for a in bench.attempts] == CONFIGS
    assert bench.begun == CONFIGS
    assert sum(body["kind"] == "cell" for body in bench.bodies) == 1


def test_a_cell_begun_on_another_gpu_starts_again(tmp_path):
    bench = Bench(tmp_path, {CONFIGS[2]: "hang"})
    assert not bench.run(until=time.monotonic() + 0.7)
    some = len(bench.attempts)
    assert bench.run(uuid="GPU-2")
    assert len(bench.attempts) == some + len(CONFIGS)
    kept = consolidate.trials(consolidate.select(bench.bodies))
    assert sorted(kept["config_id"]) == sorted(CONFIGS)
    assert set(kept["run_id"]) == {"run-1"}


def test_runs_of_another_protocol_do_not_count(tmp_path):
    bench = Bench(tmp_path)
    bench.run()
    same = read_done(bench.bodies, PROTOCOL.hash, kernel_hash(), "GPU-1")
    assert same.cells == {CELL}
    assert same.best_us(CELL) == min(map(latency_us, CONFIGS))
    other = read_done(bench.bodies, Protocol().hash, kernel_hash(), "GPU-1")
    assert (other.cells, other.attempts, other.runs) == (set(), {}, 1)
    assert Done().best_us(CELL) is None
