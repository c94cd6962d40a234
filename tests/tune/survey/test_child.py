"""A watched process says how far it is, and ends in time with all that it started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.tune.survey import child
from scripts.tune.survey.child import KILLED, last_line, watch

HANG = """
import pathlib, signal, subprocess, sys, time
if sys.argv[1] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
own = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[2]).write_text(str(own.pid))
print("begun", flush=True)
time.sleep(60)
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hanging.py").write_text(HANG)
    (tmp_path / "refusing.py").write_text("import sys; print('a reason'); sys.exit(2)")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path.cwd()}")
    return tmp_path


def gone(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False


def test_status_and_words_are_those_of_the_process(modules: Path) -> None:
    said: list[str] = []
    log = modules / "logs" / "one.log"
    assert watch(["refusing"], log, time.monotonic() + 60, said.append) == 2
    assert last_line(log) == "a reason" and said == []


@pytest.mark.parametrize("how", ["willing", "deaf"])
def test_it_ends_in_time_with_all_that_it_started(
    modules: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "GRACE_S", 0.5)
    monkeypatch.setattr(child, "EVERY_S", 0.2)
    said: list[str] = []
    began, note = time.monotonic(), modules / "pid"
    until = began + 60

    def say(words: str) -> None:
        said.append(words)
        if note.exists() and note.read_text():  # begun: from now on there is no more time
            raise Over

    class Over(Exception):  # noqa: N818
        pass

    with pytest.raises(Over):
        watch(["hanging", how, str(note)], modules / "log", until, say)
    assert gone(int(note.read_text()))
    assert time.monotonic() - began < 30


def test_what_takes_too_long_has_paused(modules: Path) -> None:
    note, log = modules / "pid", modules / "log"
    until = time.monotonic() + 1.5
    assert watch(["hanging", "willing", str(note)], log, until, lambda _: None) == KILLED
    if note.exists() and note.read_text():
        assert gone(int(note.read_text()))


def test_it_does_not_outlive_a_killed_run(modules: Path) -> None:
    (modules / "waiting.py").write_text(
        "import os, pathlib, sys, time\n"
        "pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))\ntime.sleep(60)\n"
    )
    note, log = modules / "pid", modules / "log"
    asked = f"watch(['waiting', {str(note)!r}], Path({str(log)!r}), time.monotonic() + 60, print)"
    lines = "import time; from pathlib import Path; from scripts.tune.survey.child import watch; "
    run = subprocess.Popen([sys.executable, "-c", lines + asked])
    while not (note.exists() and note.read_text()):
        assert run.poll() is None
        time.sleep(0.05)
    run.kill()
    run.wait()
    assert gone(int(note.read_text()))


def test_the_interpreter_is_this_one(modules: Path) -> None:
    (modules / "which.py").write_text("import sys; print(sys.executable)")
    assert watch(["which"], modules / "log", time.monotonic() + 60, print) == 0
    assert last_line(modules / "log") == sys.executable
