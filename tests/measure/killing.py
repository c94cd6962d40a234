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
from scripts.measure.candidates import plan_of
from scripts.measure.conditions import Conditions
from scripts.measure.fleet import Limits
from scripts.measure.protocol import Protocol
from scripts.measure.records import NO_LIMIT
from scripts.measure.sweep import sweep
from scripts.measure.worker import make_worker

CELLS = [f"CPU_interpreter/E2-N16-K16-top1-fp16/M{tokens}" for tokens in (1, 2)]
CONFIGS = [f"M16-N16-K16-G1-W{w}-S{s}" for w in (1, 2, 4, 8) for s in (2, 3, 4, 5, 6, 7)]
PLAN = plan_of(CELLS, CONFIGS)
# As few samples as the interpreter can be waited for: what is tried here is not the timing.
PROTOCOL = Protocol(
    precision=1.0, batch=1, cap=1, anchor_every=8, anchor_samples=1, finalists=2, rounds=2,
    least_rounds=2,
)  # fmt: skip
LONGEST_ROUND_S = 1.2


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
    begun = (folder / "begun").read_text().splitlines()[already:]
    chain = Chain(folder / "ledger.jsonl")  # sets a torn line aside, as the next sweep would
    chain.close()
    held = {f"{b['cell_id']} {b['config_id']}" for b in chain.bodies if b["kind"] == "attempt"}
    return [trial for trial in begun if trial not in held]


def main(folder: Path, kills: int) -> None:
    """Kill, look, go on; then let the last sweep end by itself."""
    moments, rounds = random.Random(20260814), []
    (folder / "begun").touch()
    for _ in range(kills):
        already = len((folder / "begun").read_text().splitlines())
        pid = start(folder)
        time.sleep(moments.uniform(0.0, LONGEST_ROUND_S))
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
    import scripts.measure.tasks  # noqa: F401

    main(Path(sys.argv[1]), int(sys.argv[2]))
