"""Servers over HTTP, plan to journal: order of configs, faults as outcomes, what a run keeps."""

from __future__ import annotations

import functools
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.engine.journal import Journal
from scripts.engine.server import Server, command_of
from scripts.engine.spec import spec_of
from scripts.engine.tokenizer import word
from scripts.engine.turn import turn
from scripts.lib.chain import read_chain
from scripts.runtime.bench import Bench, bench_arguments, order
from scripts.runtime.engine_plan import COMMITTED, DEFAULT, OURS, plan
from tests.runtime.test_engine import STUDY, recorded

WORLD = (sys.executable, "-m", "tests.runtime.http_world")
LOAD = {"requests": 4, "concurrency": 2, "input": 8, "output": 4, "spread": 0.5, "seed": 3}
BENCH = {"of": "mix", "layers": 3, "boots": 2, "engine": {"max_seqs": 8}, "load": LOAD}


@pytest.fixture(scope="module")
def planned(tmp_path_factory) -> tuple[dict, Path]:
    folder = tmp_path_factory.mktemp("plan")
    return plan({**STUDY, "bench": BENCH}, *recorded(), folder), folder


def run(planned, folder: Path, world: dict | None = None, faults: bool = False, **more) -> list:
    made, files = planned
    journal = Journal(folder / "http.jsonl")
    journal.begin(commit="c")
    environment = {**os.environ, "WORLD": json.dumps(world or {})}
    make = functools.partial(Server, program=(*WORLD, "server"), environment=environment)
    bench = Bench(made, files, journal, folder / "boots", make=make, client=(*WORLD, "client"),
                  **more)  # fmt: skip
    bench.run(faults)
    journal.close()
    return [body for body in read_chain(folder / "http.jsonl") if body["kind"] == "result"]


def test_each_server_is_measured_there_and_back_and_the_other_the_other_way(planned, tmp_path):
    bodies = run(planned, tmp_path, faults=True)
    found = [body for body in bodies if body["task"] == "bench"]
    there = [COMMITTED, DEFAULT, OURS]
    assert [body["config"] for body in found] == [
        *there, *there[::-1], *there[::-1], *there,
    ]  # fmt: skip
    assert {body["outcome"] for body in found} == {"ok"}
    ms = {}
    for body in found:
        ms.setdefault(body["config"], set()).add(body["result"]["median_tpot_ms"])
        assert bool(body["read"]) == (body["config"] != COMMITTED)
    assert ms[COMMITTED] == {10.0}
    assert max(ms[OURS]) < 10.0
    boots = {body["boot"]: body for body in bodies if body["task"] == "boot"}
    assert (
        boots["http-mix-0"]["result"]["configs"],
        len(boots["http-mix-1"]["result"]["configs"]),
    ) == ([], 1)
    (fault,) = [body for body in bodies if body["task"] == "fault"]
    assert (fault["outcome"], fault["boot"]) == ("port_taken", "fault-port-taken")
    assert "ddress already in use" in fault["reason"]
    again = run(planned, tmp_path, {"boot": "must not be asked again"}, faults=True)
    assert again == bodies


def test_a_boot_that_fails_and_a_file_that_is_not_read_are_outcomes(planned, tmp_path):
    bodies = run(planned, tmp_path / "a", {"boot": "no such kernel"})
    assert [(body["outcome"], body["reason"]) for body in bodies] == [
        ("boot_failed", "exited with status 1; no such kernel")
    ] * 2
    bodies = run(planned, tmp_path / "b", {"unread": True})
    by_config = {(b["config"], b["outcome"]) for b in bodies if b["task"] == "bench"}
    assert by_config == {(COMMITTED, "ok"), (DEFAULT, "file_not_read"), (OURS, "file_not_read")}


def test_nobody_measures_before_all_are_up_and_time_stops_between_runs(planned, tmp_path):
    lock = tmp_path / "turn"
    bodies = run(planned, tmp_path, lock=lock, until=time.monotonic() - 1)
    assert {body["task"] for body in bodies} == {"boot"}
    with turn(lock):
        pass


def test_a_server_ends_with_who_started_it(planned, tmp_path):
    made, _ = planned
    code = (
        "import sys, json, os; from pathlib import Path\n"
        "from scripts.engine.server import Server; from scripts.engine.spec import spec_of\n"
        "from scripts.runtime.bench import free_port; from tests.runtime.test_bench import WORLD\n"
        "spec = spec_of(json.loads(Path(sys.argv[1]).read_text()))\n"
        "one = Server(spec, Path(sys.argv[2]), free_port(), program=(*WORLD, 'server'))\n"
        "assert one.boot().ok; print(one.pid, one.port, flush=True); os.kill(os.getpid(), 9)\n"
    )
    (tmp_path / "s.json").write_text(json.dumps(made["bench"]["boots"][0]["spec"]))
    at = [str(tmp_path / "s.json"), str(tmp_path / "boot")]
    command = [sys.executable, "-c", code, *at]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.stdout, said.stderr
    pid, port = map(int, said.stdout.split())
    until = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
    with socket.socket() as free:  # but for connections that linger
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))


def test_the_other_server_has_the_other_order():
    assert order(["a", "b", "c"], 0) == ["a", "b", "c", "c", "b", "a"]
    assert order(["a", "b", "c"], 1) == ["c", "b", "a", "a", "b", "c"]


def test_the_command_lines_are_those_of_vllm(planned, tmp_path):
    made, _ = planned
    spec = spec_of(made["bench"]["boots"][0]["spec"])
    model, *flags = command_of(spec, tmp_path, 8123)
    words = json.loads((Path(model) / "tokenizer.json").read_text())["model"]["vocab"]
    assert words[word(7)] == 7
    assert len(words) == spec.config()["vocab_size"]
    assert flags[flags.index("--port") + 1] == "8123"
    assert flags[flags.index("--max-num-seqs") + 1] == "8"
    assert "--no-enable-prefix-caching" in flags
    assert "--skip-tokenizer-init" not in flags
    said = bench_arguments(LOAD, model, 8123)
    assert said[said.index("--metric-percentiles") + 1] == "50,99"
    assert said[said.index("--num-prompts") + 1] == "4"
