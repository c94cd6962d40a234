"""The real worker in Triton's interpreter: cells side by side, searched live, killed, resumed."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import product

import pytest

from scripts.ledger.scan import report
from scripts.lib.budget import Budget
from scripts.lib.chain import read_chain
from scripts.lib.config import Config
from scripts.lib.isolate import Child, Failure
from scripts.lib.shape import Cell, parse_shape
from scripts.measure.conditions import Conditions
from scripts.measure.device.interpreter import InterpreterGpu
from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategy import FixedOrder
from scripts.tune.cell_search import plan_of
from scripts.tune.layer_bench import LayerBench, run_layer
from scripts.tune.session import Session, Terms
from scripts.tune.turns import Search
from scripts.tune.worker import make_layer_worker, start_server
from tests.measure.interpreter_bench import QUICK

SHAPE = parse_shape("E2-N16-K16-top1-fp16")
CELLS = [Cell("CPU_interpreter", SHAPE, tokens) for tokens in (1, 2)]
CONFIGS = [Config(16, 16, 16, g, w, s) for g, w, s in product((1, 4), (1, 2), (2,))]
LEGAL = LegalSpace(CONFIGS)
CONDITIONS = Conditions(backend="interpreter")
COMMAND = "python -m scripts.tune.run --device H200 --shape E8-N3584-K4096-top2-bf16"


def terms() -> Terms:
    return Terms(
        CONDITIONS, COMMAND, 0.01, math.inf, protocol=QUICK, method=start_server("interpreter")
    )


def searched(ledger) -> list[Search]:
    """All configs on all cells, in one order."""
    plans = {c: plan_of(c, [(config, 1.0) for config in CONFIGS], {}, "v1") for c in CELLS}
    searches = [Search("all", c, LEGAL, FixedOrder(CONFIGS), Budget(100)) for c in CELLS]
    with Session(ledger, [InterpreterGpu()], terms()) as session:
        session.warm(session.sites[0], CELLS)
        session.warmed(session.sites[0])
        run_layer(LayerBench(session, session.sites[0], plans), searches, {})
    return searches


@pytest.fixture(scope="module")
def worker():
    method = start_server("interpreter")
    child = Child(make_layer_worker, QUICK, CONDITIONS, 0, method=method)
    yield lambda *task: child.call(task, 60.0)
    child.stop()


ENTRY = CONFIGS[0].to_entry()


def test_cells_stay_open_side_by_side(worker):
    assert worker("warm", [cell.id for cell in CELLS]) == {"target": None}
    for cell in (*CELLS, CELLS[0]):
        assert worker("open", cell.id, ENTRY)["anchor_error"] is None
        assert worker("on", cell.id, ENTRY, "trial", ENTRY, None)["outcome"] == "correct"
        assert len(worker("on", cell.id, ENTRY, "anchor")["us"]) == QUICK.anchor_samples


def test_a_cell_that_was_never_opened_is_opened_by_its_first_task(worker):
    other = Cell("CPU_interpreter", replace(SHAPE, top_k=2), 2)
    result = worker("on", other.id, ENTRY, "trial", ENTRY, None)
    assert result["outcome"] == "correct"
    # Another layer has other weights: the first one's cells are closed, and open again.
    assert worker("on", CELLS[0].id, ENTRY, "trial", ENTRY, None)["outcome"] == "correct"


def test_a_cell_that_cannot_be_opened_says_why_and_costs_the_others_nothing(worker):
    bf16 = Cell("CPU_interpreter", replace(SHAPE, scheme="bf16"), 1)
    assert worker("warm", [bf16.id]) == {"target": None}
    assert worker("open", bf16.id, None)["refused"] == "scheme_unsupported"
    said = worker("on", bf16.id, None, "trial", ENTRY, None)
    assert isinstance(said, Failure) and "could not be opened again" in said.message


def test_the_next_config_is_made_ready_but_not_launched_and_is_captured_once():
    """In this process: what a task leaves in the worker can be seen."""
    script = (
        "from tests.tune.test_layer_worker import *\n"
        "worker = make_layer_worker(QUICK, CONDITIONS, 0)\n"
        "cell, other = CELLS[0].id, CONFIGS[1].to_entry()\n"
        "worker(('open', cell, ENTRY))\n"
        "coming = [('on', cell, ENTRY, 'trial', other, None)]\n"
        "worker.peek = lambda: coming[0]\n"
        "assert len(worker._captured) == 1\n"
        "assert worker(('on', cell, ENTRY, 'trial', ENTRY, None))['outcome'] == 'correct'\n"
        "assert len(worker._captured) == 2\n"
        "from kernels.tolerances import SENTINEL\n"
        "for out in worker.scope.written: out.fill_(SENTINEL)\n"
        "worker._make_next_ready()\n"
        "assert all((out == SENTINEL).all() for out in worker.scope.written)\n"
        "assert worker(coming[0])['outcome'] == 'correct'\n"
        "assert len(worker._captured) == 2\n"
        "best = worker._best_us[cell]\n"
        "late = worker(('on', cell, ENTRY, 'trial', ENTRY, 2 * best))\n"
        "assert worker._best_us[cell] == min(best, late['median_us'])\n"
        "worker._best_us[cell] = 1e-3  # found since the next one was sent, which is cut by it\n"
        "assert worker(('on', cell, ENTRY, 'trial', ENTRY, None))['stopped_by'] == 'slow'\n"
        "first, again, twin = worker._finalists([ENTRY, other, ENTRY])\n"
        "assert first is not twin and first in worker._captured.values()\n"
        "coming[0] = ('on', cell, ENTRY, 'trial', {'BLOCK_SIZE_M': 16}, None)\n"
        "worker._make_next_ready()  # what cannot be made ready says so in its turn\n"
    )
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    argv = [sys.executable, "-c", script]
    done = subprocess.run(argv, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_a_search_measures_live_and_its_ledger_is_accepted(tmp_path):
    searches = searched(tmp_path / "ledger.jsonl")
    for search in searches:
        assert [config for config, _ in search.steps] == CONFIGS
        assert all(trial.latency_us > 0 for _, trial in search.steps)
    assert report([tmp_path / "ledger.jsonl"])["findings"] == []
    kinds = [body["kind"] for body in read_chain(tmp_path / "ledger.jsonl")]
    assert kinds.count("attempt") == len(CELLS) * len(CONFIGS)
    assert kinds.count("cell") == kinds.count("finals") == len(CELLS)


def _search_in_a_process(ledger) -> None:
    searched(ledger)


def test_killed_it_goes_on_and_tells_the_search_what_was_measured(tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    process = multiprocessing.get_context("forkserver").Process(
        target=_search_in_a_process, args=(ledger,)
    )
    process.start()
    until = time.monotonic() + 60
    while (not ledger.exists() or ledger.read_text().count('"attempt"') < 3) and (
        time.monotonic() < until
    ):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    before = [b for b in read_lines_so_far(ledger) if b["kind"] == "attempt"]
    assert len(before) >= 3
    searches = searched(ledger)
    bodies = list(read_chain(ledger))
    attempts = [body for body in bodies if body["kind"] == "attempt"]
    assert attempts[: len(before)] == before
    assert len(attempts) == len(CELLS) * len(CONFIGS)
    us = {(b["cell_id"], b["config_id"]): b["median_us"] for b in attempts}
    for search in searches:
        for config, trial in search.steps:
            assert trial.latency_us == us[search.cell.id, config.id]
    assert report([ledger])["findings"] == []


def read_lines_so_far(ledger):
    """All whole lines of a ledger whose writer was killed."""
    return [
        json.loads(line)["body"]
        for line in ledger.read_text().splitlines(True)
        if line.endswith("\n")
    ]
