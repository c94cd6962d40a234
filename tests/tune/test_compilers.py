"""Jobs on real child processes: order, crashes, hangs, and an end in the middle."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from scripts.lib.files import InputError
from scripts.tune.compilers import Compilers


class Handler:
    """Does what the job's name says."""

    def __init__(self, log) -> None:
        self.log = log

    def __call__(self, job):
        with self.log.open("a") as handle:
            handle.write(job + "\n")
        if job.startswith("die"):
            os.kill(os.getpid(), signal.SIGKILL)
        if job.startswith("hang"):
            time.sleep(60)
        if job.startswith("raise"):
            raise ValueError("no")
        if job.startswith("slow"):
            time.sleep(0.3)
        return {"id": job, "reason": None}


def failed(job, seconds, reason):
    return {"id": job, "reason": reason}


class Bench:
    """Compilers that log what they begin, and what they recorded."""

    def __init__(self, tmp_path, processes=1):
        self.log, self.recorded = tmp_path / "log", []
        self.log.touch()
        self.compilers = Compilers(
            Handler, (self.log,), failed, self.recorded.append,
            processes=processes, deadline_s=0.8, method="fork",
        )  # fmt: skip

    @property
    def begun(self):
        return self.log.read_text().split()


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.compilers.stop()


def test_what_is_waited_for_comes_before_all_that_was_queued(bench):
    bench.compilers.want(["slow1"])
    while not bench.begun:
        time.sleep(0.01)
    bench.compilers.want([f"late{n}" for n in range(5)], rank=3)
    bench.compilers.want(["early"], rank=1)
    assert bench.compilers.result("late4") == {"id": "late4", "reason": None}
    bench.compilers.result("late3")
    assert bench.begun[0] == "slow1"
    assert bench.begun.index("late4") < bench.begun.index("early") < 4


def test_what_is_wanted_again_sooner_moves_up(bench):
    bench.compilers.want(["slow1"])
    while not bench.begun:
        time.sleep(0.01)
    bench.compilers.want([f"late{n}" for n in range(5)], rank=3)
    bench.compilers.want(["late4"], rank=1)
    bench.compilers.want(["late4"], rank=2)  # of no effect
    while len(bench.begun) < 6:
        time.sleep(0.01)
    assert bench.begun == ["slow1", "late4", "late0", "late1", "late2", "late3"]


def test_each_job_is_done_and_recorded_once(bench):
    for _ in range(3):
        bench.compilers.want(["a", "b"])
    results = [bench.compilers.result(job) for job in ("b", "a", "b", "c")]
    assert [result["id"] for result in results] == ["b", "a", "b", "c"]
    assert sorted(bench.begun) == ["a", "b", "c"]
    assert sorted(result["id"] for result in bench.recorded) == ["a", "b", "c"]
    assert len(bench.compilers.results) == 3


@pytest.mark.parametrize(
    ("job", "words"), [("die", "SIGKILL"), ("hang", "no answer"), ("raise", "ValueError: no")]
)
def test_a_job_that_goes_wrong_costs_itself_alone(job, words, bench):
    bench.compilers.want([job, "next"])
    assert words in bench.compilers.result(job)["reason"]
    assert bench.compilers.result("next")["reason"] is None


def test_what_is_forgotten_is_not_done_until_it_is_wanted_again(bench):
    bench.compilers.want(["slow", "a", "b"])
    while not bench.begun:
        time.sleep(0.01)
    bench.compilers.forget()
    bench.compilers.want(["c", "b"])
    assert bench.compilers.result("slow")["reason"] is None
    assert bench.compilers.result("b")["reason"] is None
    assert bench.begun in (["slow", "c", "b"], ["slow", "b"])


def test_after_the_end_nothing_begins_and_nothing_is_recorded(tmp_path):
    bench = Bench(tmp_path)
    bench.compilers.want(["slow", "never"])
    while not bench.begun:
        time.sleep(0.01)
    bench.compilers.stop()
    time.sleep(0.6)
    assert bench.begun == ["slow"]
    assert bench.recorded == []


def test_an_error_of_the_recording_reaches_whoever_waits(tmp_path):
    def refuse(result):
        raise InputError("the disk is full")

    log = tmp_path / "log"
    made = Compilers(Handler, (log,), failed, refuse, processes=1, deadline_s=5.0, method="fork")
    with pytest.raises(InputError, match="the disk is full"):
        made.result("a")


def test_many_may_wait_at_once(tmp_path):
    bench, found = Bench(tmp_path, processes=2), []
    threads = [
        threading.Thread(target=lambda n=n: found.append(bench.compilers.result(f"slow{n % 3}")))
        for n in range(9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 9 and len(bench.begun) == 3
    bench.compilers.stop()
