"""One cell from the controller's side, with a worker process that dies, hangs and fails."""

from collections import Counter
from dataclasses import replace

import pytest

from scripts.ledger import consolidate
from scripts.lib.shape import parse_cell
from scripts.measure.controller.compiled import Compiled
from scripts.measure.protocol import Protocol
from tests.measure.bench import CELL, CONFIGS, PROTOCOL, Bench, plan_of
from tests.measure.scripted import IDLE, ScriptedGpu, latency_us


def test_every_config_of_the_plan_gets_one_outcome(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run() == 0
    assert [a["config_id"] for a in bench.attempts] == CONFIGS
    kinds = Counter(body["kind"] for body in bench.bodies)
    assert kinds == {"run": 1, "attempt": 12, "anchor": 5, "finals": 1, "cell": 1, "end": 1}
    assert len({body["run_id"] for body in bench.bodies}) == 1


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
    slots = bench.of("finals")[0]["slots"]
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
    assert bench.run() == 0
    by_config = {a["config_id"]: a for a in bench.attempts}
    assert list(by_config) == CONFIGS
    for config in (CONFIGS[3], CONFIGS[7]):
        assert by_config[config]["outcome"] == outcome
        assert words in by_config[config]["reason"]
        assert "median_us" not in by_config[config]
    assert by_config[CONFIGS[4]]["outcome"] == "correct"
    assert bench.begun == CONFIGS  # none twice, the faulty ones included


@pytest.mark.parametrize("fault", ["die", "raise"])
def test_an_anchor_that_fails_leaves_a_gap_and_nothing_else(tmp_path, fault):
    bench = Bench(tmp_path, {"anchor": fault})
    assert bench.run() == 0
    assert {a["outcome"] for a in bench.attempts} == {"correct"}
    assert bench.of("anchor") == []
    assert bench.of("cell")[0]["drift"] == 0.0


def test_finals_that_fail_twice_are_said_to_have_failed(tmp_path):
    bench = Bench(tmp_path, {"finals": "poison"})
    assert bench.run() == 0
    assert bench.of("finals") == []
    assert "illegal memory access" in bench.of("cell")[0]["finals_error"]


def test_the_anchor_is_the_committed_config_or_the_plans_first(tmp_path):
    bench = Bench(tmp_path)
    other = CELL.replace("M4", "M8")
    plan = plan_of([CELL, other])
    plan.loc[plan["cell_id"] == other, "proposed_by"] = ""
    plan.loc[plan["config_id"] == CONFIGS[2], "proposed_by"] = "committed"
    plan.loc[(plan["cell_id"] == other), "proposed_by"] = ""
    bench.run(plan)
    cells = {line["cell_id"]: line for line in bench.of("cell")}
    assert cells[CELL]["anchor_id"] == cells[CELL]["committed_id"] == CONFIGS[0]
    assert (cells[other]["anchor_id"], cells[other]["committed_id"]) == (CONFIGS[0], None)


def test_the_cell_line_sums_up_what_the_gpu_did(tmp_path):
    hot = replace(
        IDLE, sm_clock_mhz=1500, temperature_c=88, power_w=690.0, throttled=("hw_thermal",)
    )
    bench = Bench(tmp_path)
    bench.run(gpus=[ScriptedGpu(states=(IDLE, IDLE, hot))])
    line = bench.of("cell")[0]
    assert (line["sm_clock_min_mhz"], line["sm_clock_max_mhz"]) == (1500, 1980)
    assert (line["temperature_c"], line["power_w"]) == (88, 690.0)
    assert line["throttled"] == ["hw_thermal"]
    assert line["marks"] == ["throttled"]
    assert line["readings"] >= 2
    assert line["roofline_us"] == pytest.approx(1e6 / 4.3e12 * 1e6, abs=1e-6)


def test_drift_beyond_the_band_and_what_is_known_of_the_run_are_marks(tmp_path):
    steady = Bench(tmp_path / "a", anchors_us=(12.0, 12.5))
    steady.run()
    assert steady.of("cell")[0]["marks"] == []
    drifting = Bench(tmp_path / "b", anchors_us=(12.0, 13.0))
    drifting.run(marks=("busy",))
    line = drifting.of("cell")[0]
    assert line["marks"] == ["busy", "drifted"]
    assert line["drift"] == pytest.approx(1.0 / 13.0, abs=0.004)  # five anchors by turns
    assert line["drift"] > PROTOCOL.drift_band


def test_what_the_compiler_refused_never_reaches_the_worker():
    parts = "BLOCK_SIZE_M=16,BLOCK_SIZE_N=64,BLOCK_SIZE_K=64,num_warps=4"
    said = Compiled(
        {f"bf16-share1-down/{parts},num_stages=2": "PassManager failed"}, ("GROUP_SIZE_M",)
    )
    shape = parse_cell(CELL).shape
    assert said("M16-N64-K64-G1-W4-S2", shape) == "bf16-share1-down: PassManager failed"
    assert said("M16-N64-K64-G16-W4-S2", shape) == "bf16-share1-down: PassManager failed"
    assert said("M16-N64-K64-G1-W4-S3", shape) is None


def test_a_cell_begun_on_another_gpu_starts_again(tmp_path):
    bench = Bench(tmp_path, {CONFIGS[2]: "hang"})
    assert bench.run(seconds=0.7) == 3
    some = len(bench.attempts)
    assert bench.run(gpus=[ScriptedGpu(uuid="another")]) == 0
    assert len(bench.attempts) == some + len(CONFIGS)
    finished = bench.of("cell")[0]["run_id"]
    runs = {line["run_id"]: line["gpu"]["uuid"] for line in bench.of("run")}
    assert runs[finished] == "another"
    again = [a["config_id"] for a in bench.attempts if a["run_id"] == finished]
    assert again == CONFIGS


def test_runs_of_another_protocol_or_other_conditions_do_not_count(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run() == 0
    assert bench.run() == 0
    assert len(bench.attempts) == len(CONFIGS)
    assert bench.run(protocol=Protocol(trial_deadline_s=1.5, finalists=3)) == 0
    assert bench.run(weights="warm") == 0
    assert len(bench.attempts) == 3 * len(CONFIGS)
    assert len(bench.of("run")) == 3
