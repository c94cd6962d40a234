"""Tasks on many children: all are answered for, and one that dies or hangs costs itself alone."""

import multiprocessing
import os
import signal
import time

from scripts.lib.crew import run_all
from scripts.lib.isolate import Failure


class Worker:
    """Multiplies, or ends as it is told."""

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def __call__(self, task: int | str) -> int:
        if task == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if task == "hang":
            time.sleep(600)
        if task == "raise":
            raise ValueError("no such tile")
        return int(task) * self.factor


def test_every_task_is_answered_once() -> None:
    results = {task: result for task, result, _ in run_all(Worker, (3,), range(20), 60, 2)}
    assert results == {task: 3 * task for task in range(20)}


def test_a_death_a_hang_and_an_error_cost_their_own_task() -> None:
    tasks = [1, "die", 2, "hang", 3, "raise", 4]
    results = {task: result for task, result, _ in run_all(Worker, (10,), tasks, 5, 2)}
    failures = {task: r.kind for task, r in results.items() if isinstance(r, Failure)}
    assert failures == {"die": "died", "hang": "hung", "raise": "error"}
    assert [results[task] for task in (1, 2, 3, 4)] == [10, 20, 30, 40]


def test_stopping_early_leaves_no_child() -> None:
    results = run_all(Worker, (1,), range(1000), 60, 2)
    next(results)
    results.close()
    assert multiprocessing.active_children() == []


def test_nothing_to_do() -> None:
    assert list(run_all(Worker, (1,), [], 60)) == []
