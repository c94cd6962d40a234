"""The log of events: every step in it, nothing lost, nothing of it ever in a step's way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from scripts.lib.files import InputError
from scripts.lib.journal import VARIABLE, append
from scripts.lib.log import run_main


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "build" / "LOG.jsonl"
    monkeypatch.setenv(VARIABLE, str(path))
    monkeypatch.setenv("GRAPHX_COMMIT", "c" * 40)
    return path


def events(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def refuse() -> None:
    raise InputError("a.json: not found")


def test_a_step_is_two_lines(log: Path) -> None:
    assert run_main(lambda: None) == 0
    started, ended = events(log)
    common = {"step": __name__, "pid": os.getpid(), "commit": "c" * 40}
    assert started.items() >= ({"event": "started"} | common).items()
    assert started["command"].startswith(f"python -m {__name__}")
    assert ended.items() >= ({"event": "ended", "status": 0} | common).items()
    assert 0 <= ended["seconds"] < 5
    assert started["time"] <= ended["time"]
    assert "error" not in ended


def test_the_exit_status_is_logged_however_a_step_ends(log: Path) -> None:
    assert run_main(lambda: None, lambda: 3) == 3
    assert run_main(refuse, lambda: 3) == 2
    with pytest.raises(ZeroDivisionError):
        run_main(lambda: 1 // 0)
    ended = [(one["status"], one.get("error")) for one in events(log) if one["event"] == "ended"]
    assert ended == [(3, None), (2, "a.json: not found"), (1, "ZeroDivisionError")]


def test_lines_are_only_ever_added(log: Path) -> None:
    log.parent.mkdir()
    log.write_bytes(b"not even JSON\n")
    append("one", text="ü – \ud800")
    first = log.read_bytes()
    append("two")
    assert first.startswith(b"not even JSON\n")
    assert log.read_bytes().startswith(first)


def write_many(path: str, writer: int) -> None:
    os.environ[VARIABLE] = path
    for number in range(200):
        append("written", writer=writer, number=number, text="x" * (number * 37 % 5000))


def test_writers_at_once_neither_mix_nor_lose_a_line(log: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(write_many, [str(log)] * 4, range(4)))
    found = [(one["writer"], one["number"]) for one in events(log)]
    assert sorted(found) == [(writer, number) for writer in range(4) for number in range(200)]
    for writer in range(4):
        own = [number for name, number in found if name == writer]
        assert own == sorted(own)


@pytest.mark.parametrize("name", ["/dev/null/LOG.jsonl", "/proc/LOG.jsonl", "/", "a" * 300])
def test_a_log_that_cannot_be_written_is_in_nobody_s_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setenv(VARIABLE, name)
    assert run_main(lambda: None) == 0
    assert run_main(refuse) == 2
    assert capsys.readouterr().err == "error: a.json: not found\n"


def test_an_empty_name_logs_nothing(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")
    assert run_main(lambda: None) == 0
    assert not log.exists()


def test_a_step_from_a_shell_is_logged_by_its_name(log: Path) -> None:
    command = ["-m", "scripts.ledger.scan", "--ledger", "none.jsonl"]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    started, ended = events(log)
    assert started["step"] == ended["step"] == "scripts.ledger.scan"
    assert started["command"] == f"python {' '.join(command)}"
    assert (ended["status"], done.returncode) == (2, 2)
    assert f"error: {ended['error']}\n" == done.stderr
