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


def run(step: str, pid: int, cpu: float, options: str = "", status: int = 0) -> list[str]:
    about = {"step": f"scripts.{step}", "pid": pid}
    command = f"python -m scripts.{step} {options}".strip()
    ended = {"status": status, "seconds": cpu / 2, "cpu_seconds": cpu}
    events = {"event": "started", "command": command}, {"event": "ended", **ended}
    return [json.dumps(about | event) for event in events]


def test_the_last_run_counts_and_options_tell_runs_of_one_module_apart():
    found = times.costs(
        run("a.one", 1, 8.0)
        + run("a.one", 2, 2.0)
        + run("a.one", 3, 9.0, status=1)
        + run("a.one", 4, 3.0, "--teaching gpu_out --seed 1")
        + run("b.two", 5, 0.25)
    )
    assert list(found.items()) == [
        ("a.one --teaching gpu_out", (3.0, 1.5)), ("a.one", (2.0, 1.0)), ("b.two", (0.25, 0.125)),
    ]  # fmt: skip
    assert times.table(found).splitlines()[2:] == [
        "| a.one --teaching gpu_out | 3.0 | 1.5 |",
        "| a.one | 2.0 | 1.0 |",
        "| 1 others | 0.2 | 0.1 |",
        "| all | 5.2 | 2.6 |",
    ]


def test_a_step_that_ran_is_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "LOG.jsonl"
    monkeypatch.setenv(VARIABLE, str(log))
    assert run_main(lambda: sum(range(10**6))) == 0
    ((cpu, seconds),) = times.costs(log.read_text(encoding="utf-8").splitlines()).values()
    assert cpu > 0
    assert seconds > 0
