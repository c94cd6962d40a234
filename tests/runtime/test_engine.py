"""An engine study from plan to journal: turns, faults as outcomes, and what a killed run keeps."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.engine.journal import Journal
from scripts.engine.supervisor import Deadlines, Engine
from scripts.lib.chain import read_chain
from scripts.lib.files import InputError, write_json
from scripts.lib.shape import BATCH_LADDER
from scripts.runtime.draws import draws_of
from scripts.runtime.engine import Study, why_not_read
from scripts.runtime.engine_about import need_judged, read_plan
from scripts.runtime.engine_plan import COMMITTED, DEFAULT, OURS, plan, read_study
from scripts.runtime.engine_tasks import order, requests_of, routing_of

PROGRAM = (sys.executable, "-m", "tests.runtime.engine_world")
SHAPE = "E8-N7168-K4096-top2-bf16"
MIXTRAL = {"name": "mix", "model": "Mixtral-8x7B", "scheme": "bf16", "layers": 2,
           "intermediate": 7168}  # fmt: skip
GLM = {"name": "glm", "model": "GLM-4.5-Air", "scheme": "bf16", "layers": 2,
       "rows": dict.fromkeys(BATCH_LADDER, "M16-N64-K64-G1-W4-S4")}  # fmt: skip
STUDY = {
    "device": "NVIDIA_H200", "boots": 2, "passes": 2, "batches": [1, 4], "input": 8, "steps": 6,
    "profiled": 3, "engine": {"moe_backend": "triton"}, "models": [MIXTRAL, GLM],
    "draws": {"steps": 2, "tokens": 4, "seed": 5},
    "parity": {"prompts": 3, "input": 4, "tokens": 5, "seed": 1, "planted": ["half-of-k"]},
    "serve": {"models": ["mix"], "requests": 4, "per_s": 50.0, "input": [3, 9], "output": [2, 5],
              "seed": 1},
    "faults": [
        {"name": "late", "of": "mix", "engine": {"moe_backend": "none"}},
        {"name": "killed", "of": "mix", "act": {"kind": "killed"}},
        {"name": "stopped", "of": "mix", "act": {"kind": "stopped"}},
        {"name": "full", "of": "mix", "act": {"kind": "no-space", "folder": "FULL"}},
    ],
}  # fmt: skip
COMMITTED_ID, FASTER, DEFAULT_ID = (
    "M16-N128-K64-G1-W4-S3", "M16-N32-K64-G1-W4-S3", "M16-N64-K128-G1-W4-S4",
)  # fmt: skip


def recorded() -> tuple[pd.DataFrame, pd.DataFrame]:
    """CELLS and FINALS of the operator: one config is 5% faster than committed and default."""
    cells, rows = [], []
    for tokens in BATCH_LADDER:
        cell = f"NVIDIA_H200/{SHAPE}/M{tokens}"
        cells.append((cell, COMMITTED_ID, "0123456789abcdef"))
        for number in range(24):
            drift = 1 + 0.01 * (number % 5)
            for slot, (name, us) in enumerate(
                [(COMMITTED_ID, 100.0), (DEFAULT_ID, 101.0), (FASTER, 95.0)]
            ):
                rows.append((cell, name, "run", slot, number, us * drift))
    return (
        pd.DataFrame(cells, columns=["cell_id", "committed_id", "kernel_hash"]),
        pd.DataFrame(rows, columns=["cell_id", "config_id", "run_id", "slot", "round", "us"]),
    )


@pytest.fixture(scope="module")
def planned(tmp_path_factory) -> tuple[dict, Path]:
    folder = tmp_path_factory.mktemp("plan")
    return plan(STUDY, *recorded(), folder), folder


def run(planned, folder: Path, world: dict | None = None, about=None, **more) -> list[dict]:
    """One run into a journal in ``folder``; the bodies that it holds then."""
    made, files = planned
    journal = Journal(folder / "run.jsonl")
    journal.begin(**(about or {"commit": "c"}))
    environment = {**os.environ, "WORLD": json.dumps(world or {})}
    make = functools.partial(Engine, program=PROGRAM, environment=environment)
    study = Study(made, files, journal, folder / "boots", make=make, **more)
    study.run()
    journal.close()
    return list(read_chain(folder / "run.jsonl"))


def of(bodies: list[dict], task: str) -> list[dict]:
    return [body for body in bodies if body.get("task") == task]


def test_a_plan_has_a_file_for_each_way_to_launch(planned):
    made, folder = planned
    mix, glm = made["models"]
    assert (mix["shape"], mix["moe_layers"], glm["moe_layers"]) == (SHAPE, 2, 1)
    assert (sorted(mix["configs"]), mix["configs"][COMMITTED]) == ([COMMITTED, DEFAULT, OURS], None)
    assert (sorted(glm["configs"]), glm["configs"][DEFAULT]) == ([DEFAULT, OURS], None)
    (file,) = (folder / mix["configs"][OURS]).glob("*.json")
    assert json.loads(file.read_text())["4"]["BLOCK_SIZE_N"] == 32
    assert made["kernel_hash"] == "0123456789abcdef"
    assert [boot["spec"]["seed"] for boot in made["boots"]] == [0, 0, 1, 1, 0, 0, 0, 0]
    need_judged(made, "0123456789abcdef")
    with pytest.raises(InputError, match=r"have the hash fedc.*; install that release"):
        need_judged(made, "fedc")


@pytest.mark.parametrize(
    ("held", "words"),
    [("", "lacks device, boots, models, engine"), ("- a", "lacks device"),
     ("{device: A, boots: 1, engine: {}, models: [x]}", "model 1: lacks name, model")],
)  # fmt: skip
def test_a_study_or_plan_that_is_none_names_what_it_lacks(tmp_path, held, words):
    (tmp_path / "study.yaml").write_text(held)
    with pytest.raises(InputError, match=rf"study.yaml: {words}"):
        read_study(tmp_path / "study.yaml")
    (tmp_path / "plan.json").write_text('{"models": []}')
    with pytest.raises(InputError, match=r"plan.json: lacks boots, batches, kernel_hash"):
        read_plan(tmp_path / "plan.json")


def test_every_boot_times_every_config_in_turned_orders(planned, tmp_path):
    bodies = run(planned, tmp_path)
    decoded = of(bodies, "decode")
    results = [body for body in bodies if body["kind"] == "result" and not body.get("planted")]
    assert all(body["outcome"] == "ok" for body in results)
    assert len(decoded) == 2 * 2 * 2 * (3 + 2)
    mine = [body for body in decoded if body["boot"] == "mix-0"]
    configs = [body["config"] for body in mine if body["batch"] == 1]
    assert configs == [COMMITTED, DEFAULT, OURS, OURS, DEFAULT, COMMITTED]
    by_name = {body["config"]: body["result"]["gpu_us"]["all"] for body in mine}
    assert by_name == {COMMITTED: 356.0, DEFAULT: 164.0, OURS: 132.0}
    # Every boot once before any twice.
    passes = [body["pass"] for body in decoded]
    assert passes == sorted(passes)
    planted = [body for body in of(bodies, "outputs") if body["planted"]]
    assert [(body["planted"], body["config"]) for body in planted] == [
        ("other weights", COMMITTED), ("half-of-k", OURS),
        ("other weights", DEFAULT), ("half-of-k", OURS),
    ]  # fmt: skip
    assert [body["outcome"] for body in planted] == ["wrong_output"] * 4
    outputs = [body for body in of(bodies, "outputs") if not body["planted"]]
    assert [body["result"]["problem"] for body in outputs] == [None] * 7
    assert outputs[0]["result"]["logits_diff"] == 0.0
    served = of(bodies, "serve")
    assert [body["config"] for body in served] == [COMMITTED, OURS, OURS, COMMITTED]
    assert [line for line in bodies if line["kind"] == "memory"]


def test_faults_are_outcomes_with_a_reason_and_the_others_go_on(planned, tmp_path):
    bodies = run(planned, tmp_path, {
        "mix-0": {"logits": "wrong"},
        "mix-1": {"decode": "crash"},
        "glm-0": {"configs": "unread"},
        "glm-1": {"boot": "CUDA out of memory. Tried to allocate 4.4 GiB"},
        "fault-late": {"boot": "moe_backend='none' is not supported"},
    }, faults=True)  # fmt: skip
    boots = {body["boot"]: (body["outcome"], body["reason"]) for body in of(bodies, "boot")}
    assert boots["glm-1"] == (
        "out_of_memory",
        "RuntimeError: CUDA out of memory. Tried to allocate 4.4 GiB",
    )
    assert boots["fault-late"] == (
        "boot_failed",
        "RuntimeError: moe_backend='none' is not supported",
    )
    assert of(bodies, "fault")[0]["outcome"] == "boot_failed"
    wrong = {body["config"]: (body["outcome"], body["reason"]) for body in of(bodies, "outputs")
             if body["boot"] == "mix-0" and not body["planted"]}  # fmt: skip
    assert wrong[OURS][0] == "wrong_output"
    assert "logits_diff" in wrong[OURS][1]
    assert wrong[DEFAULT][0] == "ok"
    decoded = {}
    for body in of(bodies, "decode"):
        decoded.setdefault(body["boot"], {}).setdefault(body["config"], set()).add(body["outcome"])
    assert decoded["mix-0"] == {COMMITTED: {"ok"}, DEFAULT: {"ok"}, OURS: {"ok"}}
    assert decoded["mix-1"] == {key: {"crash"} for key in (COMMITTED, DEFAULT, OURS)}
    assert decoded["glm-0"] == {DEFAULT: {"ok"}, OURS: {"file_not_read"}}
    assert decoded["glm-1"] == {key: {"out_of_memory"} for key in (DEFAULT, OURS)}


def test_what_happens_to_a_booted_engine_is_an_outcome(planned, tmp_path, monkeypatch):
    made, files = planned
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "fault-full.npy").symlink_to("/dev/full")
    text = json.dumps(made).replace('"FULL"', json.dumps(str(tmp_path / "full")))
    monkeypatch.setattr("scripts.runtime.engine_faults._PATIENCE", Deadlines(other=2.0))
    monkeypatch.setattr("scripts.runtime.engine_faults._AFTER_S", 0.2)
    slow = {"decode": "slow"}
    bodies = run((json.loads(text), files), tmp_path, {"fault-killed": slow, "fault-stopped": slow},
                 faults=True, only=["fault-"])  # fmt: skip
    found = {body["boot"]: (body["outcome"], body["reason"]) for body in of(bodies, "fault")}
    assert found["fault-killed"][0] == "crash"
    assert "killed by SIGKILL" in found["fault-killed"][1]
    assert found["fault-stopped"] == ("hang", "decode: no answer within 2 s")
    assert found["fault-full"][0] == "no_space"
    assert found["fault-late"] == ("ok", "")  # nothing was planted in this world
    again = run((json.loads(text), files), tmp_path, faults=True, only=["fault-"])
    assert of(again, "fault") == of(bodies, "fault")


def test_draws_are_those_of_the_plan_in_the_engine_and_for_the_operator(planned, tmp_path):
    made, _ = planned
    mix, glm = made["models"]
    draws = draws_of(made["draws"], mix)
    assert (draws.shape, draws.dtype) == ((2, 2, 4, 2), np.int32)
    assert draws_of(made["draws"], glm).shape == (2, 1, 4, 8)
    np.testing.assert_array_equal(draws, draws_of(made["draws"], mix))
    flat = draws.reshape(-1, 2)
    assert (flat[:, 0] != flat[:, 1]).all()
    assert {int(expert) for expert in flat.ravel()} <= set(range(8))
    assert not np.array_equal(draws[0, 0], draws[0, 1])
    run(planned, tmp_path, until=time.monotonic() + 1)
    written = np.load(tmp_path / "boots" / "draws" / "mix.npy")
    np.testing.assert_array_equal(written, draws)
    assert routing_of(made) == "drawn"
    assert routing_of({}) == "uniform"


def test_a_killed_run_keeps_its_results_and_goes_on(planned, tmp_path):
    made, files = planned
    write_json(files / "plan.json", made)
    code = (
        "import sys; from pathlib import Path; import json, functools\n"
        "from tests.runtime import test_engine as t\n"
        "plan = json.loads((Path(sys.argv[1]) / 'plan.json').read_text())\n"
        "t.run((plan, Path(sys.argv[1])), Path(sys.argv[2]))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(files), str(tmp_path)])
    journal, until = tmp_path / "run.jsonl", time.monotonic() + 60
    while time.monotonic() < until:
        if journal.exists() and journal.read_bytes().count(b'"task":"decode"') >= 3:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    bodies = run(planned, tmp_path)
    decoded = of(bodies, "decode")
    keys = [body["key"] for body in decoded]
    assert len(keys) == len(set(keys)) == 2 * 2 * 2 * 5
    assert {body["start"] for body in decoded} == {0, 1}


def test_time_that_is_up_stops_between_tasks(planned, tmp_path):
    bodies = run(planned, tmp_path, until=time.monotonic() - 1)
    assert of(bodies, "boot")
    assert not of(bodies, "decode")


def test_orders_turn_round_from_pass_to_pass_and_boot_to_boot():
    model = {"configs": {"a": None, "b": None}}
    assert [order(model, boot, number) for boot, number in ((0, 0), (0, 1), (1, 0))] == [
        ["a", "b"], ["b", "a"], ["b", "a"],
    ]  # fmt: skip


def test_requests_arrive_in_order_with_lengths_asked_for():
    found = requests_of(STUDY)
    assert found == requests_of(STUDY)
    assert [at for at, *_ in found] == sorted(at for at, *_ in found)
    assert all(3 <= n <= 9 and 2 <= out <= 5 for _, n, out in found)


def test_a_lookup_that_took_another_file_is_named():
    assert why_not_read({"read": ["/a/ours/E=8.json"]}, "/a/ours") is None
    assert why_not_read({"read": ["/v/E=8.json"]}, None) is None
    assert why_not_read({"read": ["/v/E=8.json"]}, "/a/ours") == (
        "nothing of /a/ours was read, but /v/E=8.json"
    )
