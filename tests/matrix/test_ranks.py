"""One engine of several processes: all are asked, the first answers, they end together."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from scripts.engine.outcome import Outcome
from scripts.engine.spec import spec_of
from scripts.engine.supervisor import Deadlines, Engine
from scripts.matrix.ranks import environments, ranks_of

LED = (sys.executable, "-m", "tests.matrix.led")


def engine(folder: Path, **spec: object) -> Engine:
    made = spec_of({"name": "two", "model": {"architectures": ["Toy"]},
                    "arguments": {"tensor_parallel_size": 2}, **spec})  # fmt: skip
    return Engine(made, folder, deadlines=Deadlines(boot=30, other=10), program=LED)


def told(folder: Path) -> dict[str, list[str]]:
    """What each process wrote of the questions that it got."""
    files = sorted(folder.rglob("asked.txt"))
    return {file.read_text().split()[0]: file.read_text().split()[1:] for file in files}


def test_all_processes_are_asked_the_same_and_the_first_answers(tmp_path: Path) -> None:
    made = engine(tmp_path)
    assert made.boot().ok
    assert made.ask("memory").result["rank"] == 0
    made.stop()
    assert told(tmp_path) == {"0": ["boot", "memory"], "1": ["boot", "memory"]}


def test_one_that_dies_takes_the_others_with_it(tmp_path: Path) -> None:
    made = engine(tmp_path, environment={"GRAPHX_LED": "1"})
    assert made.boot().ok
    began = time.monotonic()
    answer = made.ask("die")
    assert answer.outcome is Outcome.CRASH and time.monotonic() - began < 8
    made.stop()


def test_a_port_that_is_given_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER_PORT", "29512")
    first, second = environments(2)
    assert (first["RANK"], second["RANK"]) == ("0", "1")
    assert {one["MASTER_PORT"] for one in (first, second)} == {"29512"}
    assert {one["WORLD_SIZE"] for one in (first, second)} == {"2"}
    monkeypatch.delenv("MASTER_PORT")
    assert int(environments(2)[0]["MASTER_PORT"]) > 1023


def test_one_gpu_has_one_process() -> None:
    assert ranks_of(spec_of({"name": "one", "model": {"architectures": ["Toy"]}})) == 1
    assert "RANK" not in os.environ
