"""A matrix killed in the middle and begun again: what its record holds is not asked twice."""

from __future__ import annotations

import collections
import signal
import subprocess
import sys
import time
from pathlib import Path

from scripts.lib.chain import read_chain
from scripts.matrix.record import BOOT
from scripts.matrix.run import RECORD

PROGRAM = """
import sys
from pathlib import Path
import pytest
from tests.matrix.conftest import run_small
with pytest.MonkeyPatch.context() as patch:
    run_small(Path(sys.argv[1]), patch)
"""
WAIT_S = 60.0


def begun(out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(out)])


def until(run: subprocess.Popen[bytes], record: Path, line: str) -> None:
    """The record holds such a line."""
    end = time.monotonic() + WAIT_S
    while line not in (record.read_text(encoding="utf-8") if record.exists() else ""):
        assert run.poll() is None, f"ended before {line}"
        assert time.monotonic() < end, f"no {line} in {WAIT_S:g} s"
        time.sleep(0.01)


def test_killed_in_the_middle_it_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    record = tmp_path / RECORD
    run = begun(tmp_path)
    until(run, record, '#round-1"')
    run.send_signal(signal.SIGKILL)
    run.wait()
    kept = record.read_bytes().rpartition(b"\n")[0]
    assert begun(tmp_path).wait(WAIT_S) == 0
    assert record.read_bytes().startswith(kept)
    bodies = list(read_chain(record))
    asked = collections.Counter(body["key"] for body in bodies if body["kind"] == "result")
    assert {key for key, times in asked.items() if times > 1} <= {
        key for key in asked if key.endswith(f"#{BOOT}")
    }
    assert sum(body["kind"] == "run" for body in bodies) == 2
    assert {key.rpartition("#")[2] for key in asked} >= {"smoke", "stress", "round-2", "fault"}
