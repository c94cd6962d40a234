"""The live audit from its plan to its ledger, in the interpreter: outcomes, resuming, counts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from scripts.audit.live import study as module
from scripts.audit.live.agenda import PROBES, Process, agenda
from scripts.audit.live.study import Asked, Machine, narrowed, study
from scripts.lib.chain import Chain, read_chain
from scripts.lib.files import InputError
from tests.audit.live.quick import make_broken, make_quick
from tests.audit.live.tiny import CONFIGS, tiny_plan

PLAN = tiny_plan()
Body = dict[str, Any]


def asked(
    path: Path, wanted: list[Process], make: Any = make_quick, seconds: float = 300.0
) -> bool:
    chain = Chain(path)
    try:
        machine = Machine(PLAN, 1, "interpreter", 0, make)
        until = time.monotonic() + seconds
        return study(wanted, machine, Asked(chain, "run"), until, lambda: None, None, 4)
    finally:
        chain.close()


def answers(path: Path) -> dict[tuple[str, str], Body]:
    return {(one["process"], one["key"]): one for one in read_chain(path) if one["kind"] == "task"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("live") / "ledger.jsonl"
    cell = ("cell", 2, 8, [("published", "raced graphx"), ("sglang", "triton")], 2, True, 2)
    whole = ("cell", 1, 1, [("careless", "mended"), ("committed", "graphx")], 2, False)
    probes = ("bucket_cap", "unequal", "overrun", "cache_key")
    assert asked(path, [
        Process("grid-1", {"EP2/M8": cell, "EP1/M1": whole, "kernels": ("kernels",)}),
        Process("probes", {"published": ("probe", "published", 2, (1, 4), probes, 16)}),
    ])  # fmt: skip
    return path


def test_every_tuner_chooses_and_what_is_chosen_computes_the_layer(ledger: Path) -> None:
    found = answers(ledger)["grid-1", "EP2/M8"]["answer"]
    assert {one["outcome"] for one in found["tuners"].values()} == {"correct"}
    for pair in found["pairs"]:
        assert pair["agree"]
        assert pair["correct"] == [True, True]
        assert pair["logits_diff"] < 1e-4
        assert all(min(row) > 0 for row in pair["us"])
    ids = {one.id for one in CONFIGS}
    assert found["tuners"]["published"]["pick"] in ids
    for name in ("sglang", "triton"):
        up, _, down = found["tuners"][name]["pick"].partition("+")
        assert {up, down or up} <= ids
        assert up.split("-")[0] == (down or up).split("-")[0]


def test_calls_of_profiling_and_of_running_are_told_apart(ledger: Path) -> None:
    found = answers(ledger)["grid-1", "EP2/M8"]["answer"]
    calls = found["tuners"]["published"]["calls"]
    # Each of four configs: a replay to warm up and one that counts, of one pass of two GEMMs.
    assert calls["profiling"] == len(CONFIGS) * 2 * 2
    assert calls["running"] == 0
    pair = found["pairs"][0]
    slots = len(pair["us"][0])
    assert pair["calls"]["running"] == len(pair["us"]) * slots * 2
    assert sum(count for _, _, count in pair["shapes"]) == pair["calls"]["running"]
    shapes = {(name, words.split()[0]) for name, words, _ in pair["shapes"]}
    assert shapes == {("gate_up", "a=8x32"), ("down", "a=16x32")}  # 8 tokens, top 2


def test_a_race_names_its_rivals_and_where_tactics_stand_is_in_the_canonical_order(
    ledger: Path,
) -> None:
    found = answers(ledger)["grid-1", "EP2/M8"]["answer"]
    told = found["tuners"]["raced graphx"]
    assert told["pick"] in told["rivals"]
    assert set(told["rivals"]) <= {one.id for one in CONFIGS}
    assert told["tied"][0] == told["pick"]
    assert "rivals" not in found["tuners"]["published"]
    stands = found["stands"]
    assert stands["rounds"] == 2
    # What is expected of the tiny plan's configs ascends.
    ids = [name for name, _ in stands["us"]]
    assert ids == [one.id for one in CONFIGS if one.id in ids]
    assert all(us > 0 for _, us in stands["us"])
    whole = answers(ledger)["grid-1", "EP1/M1"]["answer"]
    assert "stands" not in whole


def test_a_committed_file_is_looked_up_by_the_nearest_batch_size(ledger: Path) -> None:
    found = answers(ledger)["grid-1", "EP1/M1"]["answer"]["tuners"]
    assert found["committed"]["pick"] == CONFIGS[0].id
    assert found["committed"]["ranked"] == 0


def test_probes_answer_live(ledger: Path) -> None:
    said = answers(ledger)["probes", "published"]["answer"]["said"]
    assert said["bucket_cap"]["verdict"] == "not_found"
    assert said["unequal"]["verdict"] == "not_found"
    assert said["overrun"]["verdict"] == "not_found"
    assert said["cache_key"]["verdict"] == "found"


def test_what_fails_is_an_outcome_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.jsonl"
    ways = ("raises", "nan", "chooses nothing", "dies", "hangs")
    tasks = {how: ("cell", 1, 1, [(how, "fine")], 0, False) for how in ways}
    monkeypatch.setattr(module, "TASK_S", 6.0)
    last = {"after": ("cell", 1, 1, [("fine", "fine")], 0, False)}
    assert asked(path, [Process("broken", tasks | last)], make_broken)
    found = answers(path)
    tuners = {how: (found["broken", how]["answer"] or {}).get("tuners", {}) for how in ways}
    assert tuners["raises"]["raises"] == {
        "outcome": "runtime_error", "reason": "ValueError: no such tactic"}  # fmt: skip
    assert tuners["nan"]["nan"]["outcome"] == "mismatch"
    assert tuners["chooses nothing"]["chooses nothing"]["reason"] == "it chose nothing"
    assert (found["broken", "dies"]["outcome"], found["broken", "hangs"]["outcome"]) == (
        "died", "hung")  # fmt: skip
    assert "status 7" in found["broken", "dies"]["reason"]
    assert found["broken", "after"]["answer"]["tuners"]["fine"]["outcome"] == "correct"


def test_paused_it_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    task = ("cell", 1, 1, [("committed", "committed")], 0, False)
    wanted = [Process(f"flips-{n}", {"EP1/M1": task}) for n in (1, 2)]
    assert not asked(path, wanted, seconds=0.0)
    assert not answers(path)
    assert asked(path, wanted[:1])
    first = list(read_chain(path))
    assert asked(path, wanted)  # one process more, not two
    assert list(read_chain(path))[: len(first)] == first
    assert set(answers(path)) == {("flips-1", "EP1/M1"), ("flips-2", "EP1/M1")}


def test_agenda_covers_the_grid_and_counts_restarts() -> None:
    found = list(agenda(PLAN, 3, 20))
    assert len({one.name for one in found}) == len(found)
    tuned = [one for one in found if one.name.startswith(("grid", "flips"))]
    assert sum("EP1/M1" in one.tasks for one in tuned) == 20
    assert sum("EP2/M8" in one.tasks for one in tuned) == 3
    assert found[0].name == "grid-1"
    probed = next(one for one in found if one.name == "probes")
    assert all(task[4] == PROBES for task in probed.tasks.values())


def test_what_is_asked_can_be_narrowed() -> None:
    found = narrowed(list(agenda(PLAN, 2, 3)), ["grid"], ["M1/"])
    assert [one.name for one in found] == ["grid-1", "grid-2"]
    assert set(found[0].tasks) == {"EP1/M1", "EP2/M1"}
    with pytest.raises(InputError, match="processes are flips, grid, probes, recreated"):
        narrowed(list(agenda(PLAN, 2, 3)), ["nothing"], [])
