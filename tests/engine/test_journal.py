"""Results of engines survive whatever kills the run, and are not asked for again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from scripts.engine.journal import Journal
from scripts.engine.outcome import Answer, Outcome
from scripts.lib.chain import read_chain
from scripts.lib.files import InputError

RUN = """
import sys
from pathlib import Path
from scripts.engine.journal import Journal
from scripts.engine.outcome import Answer, Outcome
journal = Journal(Path(sys.argv[1]))
journal.begin(commit="c")
for number in range(1000):
    key = f"task-{number}"
    if journal.done(key) is None:
        journal.record(key, Answer(Outcome.OK, result={"n": number}))
        print(number, flush=True)
        if number == int(sys.argv[2]):
            sys.stdin.read()
"""


def killed_at(path, number: int) -> None:
    command = [sys.executable, "-c", RUN, str(path), str(number)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    for line in process.stdout:
        if int(line) == number:
            os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    path = tmp_path / "journal.jsonl"
    killed_at(path, 5)
    with path.open("ab") as handle:
        handle.write(b'{"body":{"kind":"resu')  # torn by the kill
    killed_at(path, 9)
    results = [body for body in read_chain(path) if body["kind"] == "result"]
    assert [body["key"] for body in results] == [f"task-{n}" for n in range(10)]
    assert [body["start"] for body in results] == [0] * 6 + [1] * 4


def test_failures_are_kept_too_and_edits_are_found(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.begin(commit="c")
    journal.record("boot", Answer(Outcome.HANG, "no answer within 3 s"), engine="a")
    journal.memory({"at_s": 0.0, "gpu_bytes": None})
    journal.close()
    again = Journal(path)
    assert again.done("boot")["reason"] == "no answer within 3 s"
    assert again.done("boot")["engine"] == "a"
    assert again.done("other") is None
    assert again.starts == 1
    again.close()
    path.write_bytes(path.read_bytes().replace(b"within 3 s", b"within 9 s"))
    with pytest.raises(InputError, match="edited"):
        Journal(path)
