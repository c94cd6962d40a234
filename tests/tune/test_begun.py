"""The GPU's process begun beforehand: it warms up alone, and a session takes it over."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.measure.device.interpreter import InterpreterGpu
from scripts.tune.begun import Begun, begin
from scripts.tune.session import Session
from scripts.tune.worker import make_layer_worker, start_server
from tests.measure.interpreter_bench import QUICK
from tests.tune.test_layer_worker import CELLS, CONDITIONS, ENTRY, terms

NAMES = [cell.id for cell in CELLS]


def begun(make=make_layer_worker) -> Begun:
    method = start_server("interpreter")
    return Begun(make, QUICK, CONDITIONS, InterpreterGpu(), NAMES, busy=False, method=method)


def _no_gpu(*_: object) -> None:
    raise OSError("no context")


def test_it_is_back_before_the_process_is_there_which_then_has_its_cells():
    began = time.perf_counter()
    one = begun()
    assert time.perf_counter() - began < 0.5
    worker = one.worker()
    assert worker.receive(60.0) == {"target": None}  # of a task that nobody here has sent
    assert worker.call(("on", NAMES[0], ENTRY, "trial", ENTRY, None), 60.0)["outcome"] == "correct"
    one.stop()
    one.stop()


def test_a_session_takes_it_over_and_asks_only_for_what_it_lacks(tmp_path):
    for number, cells in enumerate((CELLS, CELLS[:1])):
        one = begun()
        with Session(
            tmp_path / f"{number}.jsonl", [InterpreterGpu()], replace(terms(), begun=one)
        ) as session:
            site = session.sites[0]
            assert site.worker is one.worker()
            session.warm(site, cells)
            session.warmed(site)
            # Every answer belongs to the last task: none is left over.
            assert not site.worker.connection.poll(0.05)
            assert site.worker.call(("ready",), 60.0) == {}
        one.stop()


def test_a_process_that_cannot_start_says_so_to_whoever_waits_for_it():
    one = begun(_no_gpu)
    answer = one.worker().receive(60.0)
    assert answer.kind == "died" and "no context" in answer.message
    one.stop()


@pytest.mark.parametrize("ledger", ["there", "absent"])
def test_a_run_that_goes_on_and_a_machine_without_a_gpu_wait_for_torch(ledger, tmp_path):
    path = tmp_path / "ledger.jsonl"
    if ledger == "there":
        path.touch()
    elif any(Path("/dev").glob("nvidia[0-9]*")):
        pytest.skip("this machine has a GPU")
    found = begin(make_layer_worker, 0, "NVIDIA_H200", CELLS, path, allow_busy=True)
    assert found is None
