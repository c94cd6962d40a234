"""A line a step; errors whole; a sign of life while a step takes long."""

from __future__ import annotations

import importlib.util
import os
import threading
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location(
    "console", Path(__file__).parents[1] / "rules/console.py"
)
assert _SPEC is not None and _SPEC.loader is not None
console = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(console)

REPORT = """Building DAG of jobs...
[Sun Nov 29 07:23:37 2026]
localrule export_t4:
    input: a, b
Finished jobid: 42 (Rule: export_t4)
1 of 2 steps (50%) done
rule sim_fit:
Finished jobid: 3 (Rule: sim_fit)
2 of 2 steps (100%) done
"""


def printed(report: str, pause: float = 0.0) -> list[str]:
    reading, writing = os.pipe()

    def feed() -> None:
        with os.fdopen(writing, "w") as out:
            for line in report.splitlines(keepends=True):
                out.write(line)
                out.flush()
                threading.Event().wait(pause)

    thread = threading.Thread(target=feed)
    thread.start()
    found = list(console.lines(reading, console.Console()))
    thread.join()
    return found


def test_a_line_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "SHORT_S", 0.0)
    assert printed(REPORT) == ["   1 of 2  export_t4, 0 s", "   2 of 2  sim_fit, 0 s"]


def test_short_steps_stand_in_the_line_of_the_next() -> None:
    """The last line is printed however short its step was, so none is lost."""
    assert printed(REPORT) == ["   2 of 2  export_t4, 0 s; sim_fit, 0 s"]


def test_errors_and_what_follows_are_whole() -> None:
    more = "Error in rule sim_fit:\n    log: logs/sim/fit.log\nerror: x.json: not valid JSON\nend"
    assert printed(REPORT + more)[1:] == more.splitlines()


def test_an_error_of_the_workflow_itself_is_shown() -> None:
    said = 'WorkflowError in file "Snakefile", line 18:\nparams.yaml: mine: lacks the key mode\n'
    assert printed(said) == said.splitlines()


def test_a_long_step_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "QUIET_S", 0.02)
    assert any("export_t4 (" in line for line in printed(REPORT, pause=0.06))


def test_a_finished_build_says_so() -> None:
    said = "Nothing to be done (all requested files are present and up to date)."
    assert printed(f"{said}\n") == [said]
