"""A whole layer tuned on recorded latencies: files, record, ledger; killed and gone on with."""

from __future__ import annotations

import functools
import json
import math
import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from scripts.ledger.consolidate import consolidate
from scripts.ledger.scan import report
from scripts.lib.chain import read_chain
from scripts.lib.config import parse_id
from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.shape import BATCH_LADDER, parse_shape
from scripts.measure.conditions import Conditions
from scripts.tune.clock import Clock, Paused
from scripts.tune.foresight import Options, foresee
from scripts.tune.knowledge import read_corpus
from scripts.tune.layer import Wanted
from scripts.tune.layer_bench import BEGUN
from scripts.tune.result import summary_lines
from scripts.tune.session import Terms
from scripts.tune.space import open_space
from scripts.tune.tuner import tune
from tests.measure.bench import PROTOCOL
from tests.measure.scripted import ScriptedGpu
from tests.tune.conftest import BATCHES, DEVICE, LAYER, World
from tests.tune.recorded_gpu import Recorded, factory

WANTED = Wanted(parse_shape(LAYER), DEVICE)
COMMAND = f"python -m scripts.tune.run --device {DEVICE} --shape {LAYER}"


@pytest.fixture(autouse=True, scope="module")
def _read_once():
    """Reading the corpus takes a second or two, and nothing changes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scripts.tune.foresight.read_corpus", functools.cache(read_corpus))
        yield


def terms(world: World, folder: Path, **more) -> Terms:
    folder.mkdir(parents=True, exist_ok=True)
    begun = folder / "begun"
    begun.touch()
    until = more.pop("until", math.inf)
    recorded = Recorded(world.us, begun, **more)
    # A fork spares each test the imports of a spawn, and recorded latencies need no compiler.
    return Terms(
        Conditions(backend="interpreter"), COMMAND, 0.01, until,
        protocol=PROTOCOL, make=factory(recorded), method="fork",
    )  # fmt: skip


def options(world: World, folder: Path, **more) -> Options:
    plain = Options(24, 0.01, None, False, 1, world.where, folder / "build")
    return replace(plain, **more)


def tuned(world: World, folder: Path, asked: Options | None = None, **more):
    made = terms(world, folder, **more)
    asked = asked or options(world, folder)
    known = partial(foresee, WANTED, asked)
    return tune(WANTED, asked, ScriptedGpu(), made, folder, Clock(), known)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tuned")


@pytest.fixture(scope="module")
def record(world: World, folder: Path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHX_COMMIT", "0" * 40)
        return tuned(world, folder)


def test_every_batch_size_has_a_choice_and_says_why_it_stopped(record):
    assert [batch["tokens"] for batch in record["batches"]] == list(BATCH_LADDER)
    for batch in record["batches"]:
        assert 1 <= batch["trials"] <= 24
        assert batch["ended"] in ("margin", "budget")
        assert batch["config_id"] in batch["ties"]
        assert batch["ties"][batch["config_id"]]["median"] == 1.0
        assert parse_id(batch["config_id"]).to_entry() == batch["entry"]
    assert any(batch["ended"] == "margin" for batch in record["batches"])


def test_the_seconds_are_recorded_and_printed_step_by_step(record):
    steps = {name: s for name, s in record["seconds"].items() if name != "total"}
    assert sum(steps.values()) == pytest.approx(record["seconds"]["total"], abs=0.05)
    parts = record["seconds_of_measure"]
    assert sum(parts.values()) == pytest.approx(steps["measure"], abs=0.01)
    assert set(record["seconds_beside"]) == {"read", "learn"}
    said = "\n".join(summary_lines(record))
    for name, seconds in {**steps, **parts}.items():
        assert f"{name} {seconds:.1f}" in said


def test_the_search_comes_within_a_per_cent_of_the_best(record, world):
    us = json.loads(world.us.read_text())
    for tokens in BATCHES:
        batch = next(b for b in record["batches"] if b["tokens"] == tokens)
        assert us[str(tokens)][batch["found_id"]] <= 1.02 * min(us[str(tokens)].values())


def test_the_choice_is_never_surely_slower_than_what_would_be_launched_today(record):
    for batch in record["batches"]:
        for name in ("committed", "default"):
            gained = batch["gained"][name]
            if batch["kept"] == name:
                assert batch["config_id"] == gained["config_id"]
            elif batch["kept"] is None:
                assert batch["config_id"] == batch["found_id"]
                assert gained["low"] <= 1.0, batch
    assert {batch["kept"] for batch in record["batches"]} > {None}


def test_the_runtimes_files_hold_what_was_chosen(record, folder):
    vllm = Path(record["files"]["vllm"])
    assert vllm == folder / "vllm/E=8,N=3584,device_name=NVIDIA_H200.json"
    body = json.loads(vllm.read_text())
    assert list(body) == ["triton_version", *map(str, BATCH_LADDER)]
    sglang = json.loads(Path(record["files"]["sglang"]).read_text())
    for batch in record["batches"]:
        assert body[str(batch["tokens"])] == sglang[str(batch["tokens"])] == batch["entry"]
    assert json.loads((folder / "tuned.json").read_text()) == record


def test_the_ledger_is_accepted(record, folder, tmp_path):
    found = report([folder / "ledger.jsonl"])
    assert found["findings"] == []
    assert found["ledgers"][0]["cells"] == len(BATCH_LADDER)
    consolidate([folder / "ledger.jsonl"], tmp_path)


def held(folder: Path) -> dict[str, list[str]]:
    """Slots of the finals by cell."""
    bodies = read_chain(folder / "ledger.jsonl")
    return {body["cell_id"]: body["slots"] for body in bodies if body["kind"] == "finals"}


def test_what_would_be_launched_meets_in_the_finals_and_what_trials_tell_apart_does_not(
    record, folder
):
    behind = 0
    for batch in record["batches"]:
        slots = held(folder)[batch["cell_id"]]
        for name, found in batch["gained"].items():
            assert (found["config_id"] in slots) == ("median" in found)
            if name in ("committed", "default"):
                assert "median" in found
            elif "behind" in found:
                assert found["behind"] > 1.01
                behind += 1
    assert behind
    assert "(by its trial)" in "\n".join(summary_lines(record))


def test_twins_are_as_many_as_the_terms_say(record, world, folder, tmp_path):
    made = replace(terms(world, tmp_path), twins=(1, 0))
    asked = options(world, tmp_path)
    known = partial(foresee, WANTED, asked)
    again = tune(WANTED, asked, ScriptedGpu(), made, tmp_path, Clock(), known)
    committed = {b["cell_id"]: b["gained"]["committed"]["config_id"] for b in again["batches"]}
    for cell_id, slots in held(folder).items():
        few = held(tmp_path)[cell_id]
        assert len(slots) == len(few) + 2 and len(few) == len(set(few)) + 1
        assert slots[: len(few)] == few and slots[-2:] == [committed[cell_id]] * 2


def test_what_another_run_may_choose_is_named_beside_the_ties(record, world, folder, tmp_path):
    attempts: dict[str, list[str]] = {}
    for body in read_chain(folder / "ledger.jsonl"):
        if body["kind"] == "attempt":
            attempts.setdefault(body["cell_id"], []).append(body["config_id"])
    legal = open_space(find_device(DEVICE), "bf16", world.where.spaces, tmp_path).legal
    for batch in record["batches"]:
        assert not set(batch["untold"]) & set(batch["ties"])
        assert batch["untold"] == sorted(set(batch["untold"]))
        tried = set(attempts[batch["cell_id"]])
        chosen = parse_id(batch["config_id"])
        for config in legal.configs:
            if replace(config, group_size_m=chosen.group_size_m) == chosen != config:
                assert config.id in tried or config.id in batch["untold"]
    assert any(batch["untold"] for batch in record["batches"])


def test_no_config_was_tried_twice_on_a_batch_size(record, folder):
    begun = (folder / "begun").read_text().splitlines()
    assert len(begun) == len(set(begun)) >= record["trials"]


def test_the_same_seed_makes_the_same_choices(record, world, tmp_path):
    again = tuned(world, tmp_path)
    timeless = [{k: v for k, v in b.items() if k != "seconds"} for b in again["batches"]]
    assert timeless == record["batches"]


def test_nothing_is_measured_again_by_a_second_run(record, world, folder):
    begun = (folder / "begun").read_text()
    again = tuned(world, folder)
    assert again["batches"] == record["batches"]
    assert (folder / "begun").read_text() == begun


@pytest.mark.parametrize("moment", [2, 45])
def test_killed_it_goes_on_to_the_same_choices(moment, record, world, tmp_path):
    pid = os.fork()
    if not pid:
        tuned(world, tmp_path, die_at=moment)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status)
    assert not (tmp_path / "tuned.json").exists()
    assert not (tmp_path / "vllm").exists()
    again = tuned(world, tmp_path)
    assert again["batches"] == record["batches"]
    attempts = [b for b in read_chain(tmp_path / "ledger.jsonl") if b["kind"] == "attempt"]
    assert len({(b["cell_id"], b["config_id"]) for b in attempts}) == len(attempts)
    assert report([tmp_path / "ledger.jsonl"])["findings"] == []
    begun = (tmp_path / "begun").read_text().splitlines()
    # The one in flight, and those that were sent behind it.
    assert len(attempts) < len(begun) <= len(attempts) + 1 + BEGUN


def test_out_of_time_it_pauses_and_writes_no_file(world, tmp_path):
    with pytest.raises(Paused):
        tuned(world, tmp_path, until=0.0)
    assert not (tmp_path / "tuned.json").exists()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"budget": 0}, "at least one trial"),
        ({"budget": 5000}, "legal configs in bf16; choose 1 to"),
        ({"sources": ["NVIDIA_H200_NVL"]}, "unknown source of E8-N3584"),
    ],
)
def test_what_cannot_be_is_refused(asked, words, world, tmp_path):
    with pytest.raises(InputError, match=words):
        tuned(world, tmp_path, options(world, tmp_path, **asked))
    assert not (tmp_path / "tuned.json").exists()
