"""A matrix run on the small engine, once for all tests."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scripts.engine.journal import Journal
from scripts.engine.supervisor import Deadlines
from scripts.matrix.cells import cells_of
from scripts.matrix.reading import read_matrix
from scripts.matrix.record import Record, read_record
from scripts.matrix.resolved import as_json
from scripts.matrix.run import RECORD, specs_of
from scripts.matrix.suite import Setup, Suite
from scripts.matrix.switches import Matrix
from scripts.matrix.verdicts import Judged, fit, judge

SMALL = (sys.executable, "-m", "tests.matrix.small")
SWITCHES = Path(__file__).with_name("switches.yaml")


class Ran(NamedTuple):
    """A record and what it says."""

    path: Path
    matrix: Matrix
    record: Record
    judged: dict[str, Judged]


def run_small(
    out: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any] | None = None, **setup: Any
) -> Ran:
    """All cells. ``wrong``: part of an engine's name -> what is wrong (tests.matrix.small)."""
    matrix = read_matrix(SWITCHES)
    cells = cells_of(matrix)
    monkeypatch.setenv("GRAPHX_SMALL", json.dumps(wrong or {}))
    journal = Journal(out / RECORD)
    journal.begin(
        metadata={
            "gpu": "NVIDIA H200",
            "runtime": "small 1",
            "driver": "1",
            "cuda": "1",
            "commit": "c" * 40,
        },
        matrix=as_json(matrix),
    )
    made = Setup(out / "boots", matrix.numbers, program=SMALL, hang_s=0.5,
                 deadlines=Deadlines(boot=60, other=20), **{"at_once": 9, **setup})  # fmt: skip
    suite = Suite(made, journal, lambda name: fit(name, matrix, read_record(out / RECORD)))
    suite.run(cells, specs_of(matrix, cells, out))
    journal.close()
    record = read_record(out / RECORD)
    return Ran(out / RECORD, matrix, record, {one.cell.id: one for one in judge(matrix, record)})


@pytest.fixture(scope="session")
def ran() -> Ran:
    """Without a fault but the planted ones."""
    from tests.matrix.small_run import small_run

    return small_run()
