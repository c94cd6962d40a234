"""Tasks in a child process: results, errors, deaths and hangs come back as values."""

import os
import signal
import subprocess
import sys
import time

import pytest

from scripts.lib.isolate import Child, Failure, PoisonedError


def handle(task):
    if task == "raise":
        raise ValueError("no such tile")
    if task == "poison":
        raise PoisonedError("illegal memory access")
    if task == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "exit":
        os._exit(7)
    if task == "hang":
        time.sleep(600)
    return task * 2


def make():
    return handle


@pytest.fixture
def child():
    process = Child(make)
    yield process
    process.stop()


def test_results_come_back(child):
    assert [child.call(n, 30) for n in (1, 2, 3)] == [2, 4, 6]


def test_an_error_leaves_the_child_alive(child):
    failure = child.call("raise", 30)
    assert failure.kind == "error"
    assert "ValueError: no such tile (test_isolate.py:" in failure.message
    assert child.call(4, 30) == 8


@pytest.mark.parametrize(
    ("task", "kind", "words"),
    [
        ("die", "died", "killed by SIGKILL"),
        ("exit", "died", "exited with status 7"),
        ("poison", "died", "illegal memory access"),
    ],
)
def test_a_death_is_a_value_and_a_new_child_goes_on(child, task, kind, words):
    failure = child.call(task, 30)
    assert isinstance(failure, Failure)
    assert failure.kind == kind
    assert words in failure.message
    child.start()
    assert child.call(5, 30) == 10


def test_a_hang_ends_at_the_deadline(child):
    assert child.call(1, 30) == 2
    began = time.monotonic()
    failure = child.call("hang", 0.5)
    assert (failure.kind, time.monotonic() - began < 15) == ("hung", True)
    child.start()
    assert child.call(5, 30) == 10


def test_the_child_dies_with_its_parent(tmp_path):
    script = (
        "import sys, time\n"
        "from tests.lib.test_isolate import Child, make\n"
        "if __name__ == '__main__':\n"
        "    child = Child(make); child.call(1, 30)\n"
        "    print(child._process.pid, flush=True); time.sleep(600)\n"
    )
    path = tmp_path / "parent.py"
    path.write_text(script)
    environment = os.environ | {"PYTHONPATH": os.getcwd()}  # noqa: PTH109
    parent = subprocess.Popen(
        [sys.executable, str(path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    for _ in range(100):
        try:
            with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
                if stat.read().split()[2] == "Z":
                    return
        except FileNotFoundError:
            return
        time.sleep(0.05)
    pytest.fail(f"child {pid} outlived its parent")
