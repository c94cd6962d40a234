"""Kill a sweep of interpreter cells many times: ``python -m tests.measure.killing FOLDER KILLS``.

Every sweep is forked from this process, which has imported torch and Triton once, so that a kill
after a fraction of a second finds it at work. Writes ``rounds.json``: after each kill, the trials
that the worker had begun in that round and that the ledger does not hold.
"""

from __future__ import annotations

import functools
import json
import math
import os
import random
import signal
import sys
import time
from pathlib import Path

from scripts.lib.budget import Budget
from scripts.lib.chain import Chain
from scripts.lib.config import from_entry
from scripts.measure.conditions import Conditions
from scripts.measure.controller.candidates import plan_of
from scripts.measure.controller.fleet import Limits
from scripts.measure.controller.records import NO_LIMIT
from scripts.measure.protocol import Protocol
from scripts.measure.sweep import sweep
from scripts.measure.work.worker import make_worker

CELLS = [f"CPU_interpreter/E2-N16-K16-top1-fp16/M{tokens}" for tokens in (1, 2)]
CONFIGS = [f"M16-N16-K16-G{g}-W{w}-S{s}" for g in (1, 4) for w in (1, 2, 4, 8) for s in range(2, 8)]
PLAN = plan_of(CELLS, CONFIGS)
# As few samples as the interpreter can be waited for: what is tried here is not the timing.
PROTOCOL = Protocol(
    precision=1.0, batch=1, cap=1, anchor_every=8, anchor_samples=1, finalists=2, rounds=2,
    least_rounds=2,
)  # fmt: skip
# A moment is so many trials begun, and then up to so many seconds: soon enough for a trial to be in
# flight, however slow the machine. One in three rounds ends by the clock alone, wherever it is.
MOST_TRIALS, LONGEST_S, LONGEST_START_S = 2, 0.1, 1.0
PATIENCE_S = 60.0


class Logged:
    """The real worker; a line in the log, cell and config, for each trial that it begins."""

    def __init__(self, log, protocol, conditions, gpu):
        self.log, self.cell_id = log, ""
        self.worker = make_worker(protocol, conditions, gpu)

    def __call__(self, task):
        if task[0] == "open":
            self.cell_id = task[1]
        if task[0] == "trial":
            with self.log.open("a") as handle:
                handle.write(f"{self.cell_id} {from_entry(task[1]).id}\n")
        return self.worker(task)


def start(folder: Path) -> int:
    """Fork a sweep; its process id."""
    pid = os.fork()
    if pid:
        return pid
    limits = Limits(Budget(NO_LIMIT), math.inf)
    conditions = Conditions(backend="interpreter")
    make = functools.partial(Logged, folder / "begun")
    os._exit(sweep(PLAN, folder / "ledger.jsonl", [0], conditions, limits, PROTOCOL, make))


def lost(folder: Path, already: int) -> list[str]:
    """Trials begun after the first ``already`` that have no line."""
    trials = (folder / "begun").read_text().splitlines()[already:]
    chain = Chain(folder / "ledger.jsonl")  # sets a torn line aside, as the next sweep would
    chain.close()
    held = {f"{b['cell_id']} {b['config_id']}" for b in chain.bodies if b["kind"] == "attempt"}
    return [trial for trial in trials if trial not in held]


def begun(folder: Path) -> int:
    """How many trials the workers have begun."""
    return len((folder / "begun").read_text().splitlines())


def wait(folder: Path, moments: random.Random) -> None:
    """Until the moment of the kill."""
    if moments.random() < 1 / 3:
        time.sleep(moments.uniform(0.0, LONGEST_START_S))
        return
    enough = begun(folder) + moments.randint(1, MOST_TRIALS)
    until = time.monotonic() + PATIENCE_S
    while begun(folder) < enough and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(moments.uniform(0.0, LONGEST_S))


def main(folder: Path, kills: int) -> None:
    """Kill, look, go on; then let the last sweep end by itself."""
    moments, rounds = random.Random(20260814), []
    (folder / "begun").touch()
    for _ in range(kills):
        already = begun(folder)
        pid = start(folder)
        wait(folder, moments)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        rounds.append({"killed": os.WIFSIGNALED(status), "lost": lost(folder, already)})
    _, status = os.waitpid(start(folder), 0)
    result = {"rounds": rounds, "status": os.waitstatus_to_exitcode(status)}
    (folder / "rounds.json").write_text(json.dumps(result))


if __name__ == "__main__":
    # Chosen before the imports below make kernels for one or the other.
    os.environ["TRITON_INTERPRET"] = "1"
    import scripts.measure.backend.interpreter
    import scripts.measure.work.tasks  # noqa: F401

    main(Path(sys.argv[1]), int(sys.argv[2]))
