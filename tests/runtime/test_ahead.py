"""Binaries made beside measuring: who waits for what, and that all of it ends."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from scripts.lib.chain import Chain, read_chain
from scripts.lib.shape import parse_cell
from scripts.measure.controller.candidates import plan_of
from scripts.measure.protocol import Protocol
from scripts.runtime import ahead
from scripts.runtime.ahead import CompileAhead
from scripts.runtime.binaries import result_of
from tests.runtime.eager import CONDITIONS

CELLS = [f"NVIDIA_H200/E8-N256-K512-top{k}-bf16/M64" for k in (2, 4)]
CONFIGS = ["M16-N64-K64-G1-W4-S3", "M16-N128-K64-G1-W4-S3"]
FIRST, SECOND = (parse_cell(one).shape for one in CELLS)


@pytest.fixture
def gates(monkeypatch):
    """Compilers that end job by job, as the test says."""
    opened = [threading.Event() for _ in range(4)]

    def run_all(make, args, jobs, deadline_s, processes):
        for gate, job in zip(opened, jobs, strict=True):
            while not gate.wait(0.01):
                if stop.is_set():
                    return
            yield job, result_of(job, 0.5, None), 0.5

    stop = threading.Event()
    monkeypatch.setattr(ahead, "run_all", run_all)
    yield opened
    stop.set()


def started(folder: Path) -> tuple[CompileAhead, Chain, object]:
    chain, subject = Chain(folder / "ledger.jsonl"), CompileAhead(0, 1)
    return subject, chain, subject(plan_of(CELLS, CONFIGS), chain, "run", Protocol(), CONDITIONS)


def waits(said, config: str, shape) -> threading.Thread:
    thread = threading.Thread(target=said, args=(config, shape), daemon=True)
    thread.start()
    return thread


def test_a_config_waits_for_its_own_binaries_and_no_others(gates, tmp_path):
    subject, chain, said = started(tmp_path)
    first, last = waits(said, CONFIGS[0], FIRST), waits(said, CONFIGS[1], SECOND)
    gates[0].set()
    first.join(5)
    assert not first.is_alive()
    assert last.is_alive()
    for gate in gates:
        gate.set()
    last.join(5)
    assert not last.is_alive()
    assert said("M256-N256-K64-G1-W8-S3", FIRST) is None  # never planned
    subject.end()
    chain.close()
    bodies = list(read_chain(tmp_path / "ledger.jsonl"))
    assert [body["kind"] for body in bodies] == ["compile"] * 4 + ["compiled"]
    assert bodies[-1] | {"seconds": 0} == {
        "kind": "compiled", "run_id": "run", "binaries": 4, "failed": 0, "seconds": 0,
    }  # fmt: skip


def test_an_end_lets_all_go_and_says_how_many_were_made(gates, tmp_path):
    subject, chain, said = started(tmp_path)
    gates[0].set()
    said(CONFIGS[0], FIRST)
    waiting = waits(said, CONFIGS[1], SECOND)
    ending = threading.Thread(target=subject.end)
    ending.start()
    waiting.join(5)
    assert not waiting.is_alive()
    gates[1].set()
    ending.join(5)
    chain.close()
    assert list(read_chain(tmp_path / "ledger.jsonl"))[-1]["binaries"] == 2


def test_a_binary_that_is_late_is_not_waited_for_once_others_are_there(gates, tmp_path):
    subject, chain, said = started(tmp_path)
    subject.patience_s = 0.05
    late = waits(said, CONFIGS[1], SECOND)
    late.join(0.3)
    assert late.is_alive()  # nothing is made yet: compilers are starting
    gates[0].set()
    late.join(5)
    assert not late.is_alive()
    for gate in gates:
        gate.set()
    subject.end()
    chain.close()
