"""Budgets, pauses, refusals and several GPUs, with worker processes that follow a script."""

from collections import Counter

import pytest

from scripts.ledger import consolidate
from scripts.lib.chain import Chain
from scripts.lib.files import InputError
from tests.measure.bench import CELL, CONFIGS, PLAN, Bench, plan_of
from tests.measure.scripted import ScriptedGpu

CELLS = [f"NVIDIA_H200/E8-N{n}-K512-top2-bf16/M{m}" for n in (256, 512, 768) for m in (1, 4)]


def ends(bench):
    return Counter((a["outcome"], a["reason"]) for a in bench.attempts)


def test_a_pause_closes_nothing_and_the_next_run_goes_on(tmp_path):
    bench = Bench(tmp_path, {CONFIGS[2]: "slow"})
    assert bench.run(seconds=0.5) == 3
    some = len(bench.attempts)
    assert 0 < some < len(CONFIGS)
    assert set(ends(bench)) == {("correct", None)}
    assert bench.of("cell") == bench.of("finals") == []
    assert bench.run() == 0
    assert [a["config_id"] for a in bench.attempts] == CONFIGS
    assert bench.begun == CONFIGS
    assert len(bench.of("cell")) == 1


def test_a_spent_budget_closes_every_candidate_and_finals_are_run_on_what_there_is(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run(plan_of(CELLS), trials=5) == 4
    assert ends(bench) == {("correct", None): 5, ("not_measured", "budget_spent"): 67}
    assert len({(a["cell_id"], a["config_id"]) for a in bench.attempts}) == 72
    cells = bench.of("cell")
    assert len(cells) == len(bench.of("finals")) == 1
    assert bench.of("run")[0]["budget"] == {"trials": 5, "gpu_seconds": None}


def test_a_larger_budget_goes_on_and_each_line_names_the_one_it_takes_the_place_of(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run(trials=5) == 4
    assert bench.run(trials=5) == 4  # earlier runs of the command count: nothing to spend
    assert len(bench.attempts) == 12
    assert bench.run(trials=12) == 0
    first, later = bench.attempts[:12], bench.attempts[12:]
    closed = [a["config_id"] for a in first if a["outcome"] == "not_measured"]
    assert [a["config_id"] for a in later] == closed == CONFIGS[5:]
    assert bench.begun == CONFIGS
    hashes = bench.hashes
    assert [a["supersedes"] for a in later] == [hashes[CELL, config] for config in closed]
    assert len(bench.of("cell")) == 2  # the cell was gone on with, and finished again


def test_gpu_seconds_are_a_budget_too(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run(gpu_seconds=0.035) == 4  # 0.01 s a trial, and the last may end past the limit
    assert ends(bench)["correct", None] == 4


def test_finals_that_a_kill_prevented_are_made_up_for_with_a_spent_budget(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run(trials=12) == 0
    lines = bench.ledger.read_text().splitlines(keepends=True)
    last = max(n for n, text in enumerate(lines) if '"kind":"attempt"' in text)
    bench.ledger.write_text("".join(lines[: last + 1]))
    assert bench.of("cell") == []
    assert bench.run(trials=12) == 0
    assert len(bench.of("cell")) == len(bench.of("finals")) == 1
    assert bench.begun == CONFIGS


def test_what_cannot_be_tried_is_closed_with_its_reason(tmp_path):
    bench = Bench(tmp_path)
    foreign, unknown = "AMD_Instinct_MI300X/E8-N256-K512-top2-bf16/M4", CELL.replace("bf16", "fp2")
    plan = plan_of([foreign, unknown, CELL], [*CONFIGS[:2], "M16-N64"])
    assert bench.run(plan) == 0
    found = {(a["cell_id"], a["config_id"]): a for a in bench.attempts}
    assert len(found) == len(bench.attempts) == 9
    assert found[foreign, CONFIGS[0]]["reason"] == "device_absent"
    assert found[unknown, CONFIGS[0]]["reason"] == "scheme_unsupported"
    assert "mxfp4" in found[unknown, CONFIGS[0]]["detail"]
    for cell in (foreign, unknown, CELL):
        illegal = found[cell, "M16-N64"]
        assert illegal["outcome"] == "illegal"
        assert "missing key" in illegal["reason"]
    assert found[CELL, CONFIGS[1]]["outcome"] == "correct"
    assert bench.run(plan) == 0  # and all of it stays closed
    assert len(bench.attempts) == 9


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("out_of_memory", "out_of_memory"), ("raise", "cell_failed")],
)
def test_a_cell_that_cannot_be_opened_is_closed_and_the_next_is_measured(tmp_path, answer, reason):
    bench = Bench(tmp_path, cells={"N512": answer})
    assert bench.run(plan_of(CELLS[:4])) == 0
    assert ends(bench) == {("correct", None): 24, ("not_measured", reason): 24}
    detail = {a["detail"] for a in bench.attempts if a["outcome"] == "not_measured"}
    assert len(detail) == 1
    assert any(words in next(iter(detail)) for words in ("said so", "too few experts"))
    bench.script.cells.clear()
    assert bench.run(plan_of(CELLS[:4])) == 0  # when it can be opened, it is measured after all
    later = bench.attempts[48:]
    assert [a["outcome"] for a in later] == ["correct"] * 24
    assert all("supersedes" in a for a in later)


def no_driver(protocol, conditions, gpu):
    raise OSError("no driver")


def test_a_worker_that_cannot_start_stops_the_sweep_and_closes_nothing(tmp_path):
    bench = Bench(tmp_path)
    bench.make = no_driver
    with pytest.raises(InputError, match="could not start: OSError: no driver"):
        bench.run()
    assert bench.attempts == []


def test_several_gpus_share_the_shapes_and_one_ledger(tmp_path):
    bench = Bench(tmp_path, disturbed=(1,))
    gpus = [ScriptedGpu(index) for index in range(3)]
    assert bench.run(plan_of(CELLS), gpus=gpus) == 0
    assert len(bench.attempts) == len(bench.begun) == 72
    runs = {line["run_id"]: line["gpu"]["index"] for line in bench.of("run")}
    assert sorted(runs.values()) == [0, 1, 2]
    by_shape = {}
    for line in bench.of("cell"):
        by_shape.setdefault(line["cell_id"].split("/")[1], set()).add(line["run_id"])
    assert len(by_shape) == 3
    assert all(len(on) == 1 for on in by_shape.values())  # a whole shape on one GPU
    probes = {runs[line["run_id"]]: line for line in bench.of("disturbance")}
    assert {index: line["ratio"] for index, line in probes.items()} == {0: 1.0, 1: 1.2, 2: 1.0}
    for line in bench.of("cell"):
        assert line["marks"] == (["disturbed"] if runs[line["run_id"]] == 1 else [])
    assert {line["run_id"] for line in bench.of("end")} == set(runs)


def test_the_shape_with_most_work_is_begun_first(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run(plan_of(CELLS)) == 0
    order = [line["cell_id"].split("-")[1] for line in bench.of("cell")]
    assert order == ["N768", "N768", "N512", "N512", "N256", "N256"]


def test_a_shape_goes_on_where_it_was_begun(tmp_path):
    bench = Bench(tmp_path, {CONFIGS[2]: "slow"})
    small = CELLS[:1]  # of the least work, so that the queue's order alone would give it last
    assert bench.run(plan_of(small), gpus=[ScriptedGpu(1)], seconds=0.5) == 3
    some = len(bench.attempts)
    assert 0 < some < 12
    bench.script.faults.clear()
    gpus = [ScriptedGpu(index) for index in range(2)]
    assert bench.run(plan_of(CELLS), gpus=gpus) == 0
    assert len(bench.attempts) == 72  # none of the begun cell's trials was needed again


def test_a_rejection_stays_when_a_cell_starts_again_on_another_gpu(tmp_path):
    bench = Bench(tmp_path, {CONFIGS[1]: "slow"})
    plan = plan_of([CELL], [*CONFIGS[:4], "M16-N64"])
    assert bench.run(plan, seconds=0.4) == 3
    assert bench.run(plan, gpus=[ScriptedGpu(uuid="another")]) == 0
    assert bench.run(plan, gpus=[ScriptedGpu(uuid="another")]) == 0
    assert [a["config_id"] for a in bench.attempts].count("M16-N64") == 1


def test_what_was_measured_stays_when_another_machine_goes_on(tmp_path):
    bench = Bench(tmp_path)
    bench.run(trials=3)
    bench.run(gpus=[ScriptedGpu(device="NVIDIA_H100_80GB_HBM3")])
    last = {attempt["config_id"]: attempt["outcome"] for attempt in bench.attempts}
    assert [last[config] for config in CONFIGS] == ["correct"] * 3 + ["not_measured"] * 9
    assert bench.run() == 0
    assert bench.begun == CONFIGS


def test_what_was_measured_stays_when_another_gpu_has_no_budget_for_the_cell(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run(trials=3) == 4
    assert bench.run(gpus=[ScriptedGpu(uuid="GPU-other")], trials=3) == 4
    assert Counter(a["config_id"] for a in bench.attempts) == dict.fromkeys(CONFIGS, 1)
    consolidate.consolidate([bench.ledger], tmp_path / "out")


def test_what_was_measured_stays_when_another_gpu_cannot_open_the_cell(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run(trials=3) == 4
    bench.script.cells[CELL] = "out_of_memory"
    assert bench.run(gpus=[ScriptedGpu(uuid="GPU-other")]) == 0
    assert Counter(a["config_id"] for a in bench.attempts[12:]) == dict.fromkeys(CONFIGS[3:], 1)
    consolidate.consolidate([bench.ledger], tmp_path / "out")


def test_gpus_of_different_kinds_are_refused(tmp_path):
    bench = Bench(tmp_path)
    with pytest.raises(InputError, match="cannot share a sweep"):
        bench.run(gpus=[ScriptedGpu(0), ScriptedGpu(1, device="NVIDIA_B200")])


def test_a_full_disk_on_one_gpu_ends_the_others_too(tmp_path, monkeypatch):
    bench = Bench(tmp_path)
    append = Chain.append

    def full(self, body, *args, **kwargs):
        if body["kind"] == "finals":
            raise InputError("no space left")
        return append(self, body, *args, **kwargs)

    monkeypatch.setattr(Chain, "append", full)
    with pytest.raises(InputError, match="no space left"):
        bench.run(plan_of(CELLS), gpus=[ScriptedGpu(index) for index in range(2)])
    assert bench.of("cell") == []
    assert len(bench.of("end")) == 2


def test_a_sweeps_ledger_becomes_tables(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run(PLAN) == 0
    out = tmp_path / "out"
    assert consolidate.main(["--ledger", str(bench.ledger), "--out", str(out)]) == 0
    assert (tmp_path / "out" / "trials.parquet").exists()
