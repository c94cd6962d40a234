"""The table of what steps cost says what the log of events says."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from scripts.lib.journal import VARIABLE
from scripts.lib.log import run_main

_SPEC = importlib.util.spec_from_file_location(
    "times", Path(__file__).parents[1] / "rules/times.py"
)
assert _SPEC is not None and _SPEC.loader is not None
times = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(times)


def run(step: str, pid: int, seconds: float, options: str = "", status: int = 0) -> list[str]:
    about = {"step": f"scripts.{step}", "pid": pid}
    command = f"python -m scripts.{step} {options}".strip()
    ended = {"event": "ended", "status": status, "seconds": seconds}
    events = {"event": "started", "command": command}, ended
    return [json.dumps(about | event) for event in events]


def test_the_last_run_counts_and_options_tell_runs_of_one_module_apart() -> None:
    found = times.seconds_of(
        run("a.one", 1, 8.0)
        + run("a.one", 2, 2.0)
        + run("a.one", 3, 9.0, status=1)
        + run("a.one", 4, 3.0, "--teaching gpu_out --seed 1")
        + run("b.two", 5, 0.25)
    )
    assert list(found) == ["a.one --teaching gpu_out", "a.one", "b.two"]
    assert times.table(found).splitlines()[2:] == [
        "| a.one --teaching gpu_out | 3.0 |",
        "| a.one | 2.0 |",
        "| 1 others | 0.2 |",
        "| all | 5.2 |",
    ]


def test_a_step_that_ran_is_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "LOG.jsonl"
    monkeypatch.setenv(VARIABLE, str(log))
    assert run_main(lambda: sum(range(10**6))) == 0
    (seconds,) = times.seconds_of(log.read_text(encoding="utf-8").splitlines()).values()
    assert seconds > 0
