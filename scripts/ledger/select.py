"""Which lines of a ledger count towards its tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from scripts.lib.chain import Line
from scripts.lib.files import InputError
from scripts.lib.outcome import Outcome

Body = dict[str, Any]
# Two runs with the same values of these can be put together. A run from before the locked spec has
# the hash of its protocol as spec_hash, and neither protocol_hash nor conditions.
KEY = ("spec_hash", "protocol_hash", "kernel_hash", "conditions")


def select(lines: Iterable[Line]) -> list[Body]:
    """The bodies that count, in the order of the ledger.

    Those of runs that agree with the last one in all of KEY. Of attempts, those that no other
    supersedes. The latencies of a cell come from one GPU: what another left of the cell when it
    was begun anew is history. A cell that was measured by several runs has its last finals and
    cell line. What there is of an unfinished cell stays in the ledger, where the next run goes on:
    a table with half a space would be taken for a whole one. InputError if there is no run.
    """
    lines = list(lines)
    uuid_of = _runs_that_count(lines)
    superseded = {line.body["supersedes"] for line in lines if line.body.get("supersedes")}
    counted = [
        line.body
        for line in lines
        if line.body.get("run_id") in uuid_of and line.hash not in superseded
    ]
    cells = _Cells(counted, uuid_of)
    costs = [line.body for line in lines if line.body["kind"] == "cost"]
    return [body for body in counted if cells.count(body)] + costs


def _runs_that_count(lines: Sequence[Line]) -> dict[str, str]:
    runs = [line.body for line in lines if line.body["kind"] == "run"]
    if not runs:
        raise InputError("the ledger holds no run")
    same = [run for run in runs if all(run.get(name) == runs[-1].get(name) for name in KEY)]
    return {run["run_id"]: run["gpu"]["uuid"] for run in same}


def was_tried(attempt: Body) -> bool:
    """Whether a candidate reached the compiler or the GPU: it was neither refused nor left out."""
    if attempt["outcome"] == Outcome.ILLEGAL:
        return bool(attempt["gpu_seconds"] > 0.0)
    return bool(attempt["outcome"] != Outcome.NOT_MEASURED)


class _Cells:
    """The GPU of each cell, the run that finished it, and whether all its candidates are closed."""

    def __init__(self, counted: Sequence[Body], uuid_of: dict[str, str]) -> None:
        self._uuid_of = uuid_of
        self._finished_by: dict[str, str] = {}
        self._tried_by: dict[str, str] = {}
        self._open: set[str] = set()
        for body in counted:
            cell_id = body.get("cell_id")
            if cell_id is None:
                continue
            if body["kind"] == "cell":
                self._finished_by[cell_id] = body["run_id"]
                self._open.discard(cell_id)
            elif body["kind"] == "attempt":
                self._note(cell_id, body)

    def _note(self, cell_id: str, attempt: Body) -> None:
        if was_tried(attempt):
            self._tried_by[cell_id] = attempt["run_id"]
            if cell_id not in self._finished_by:
                self._open.add(cell_id)
        elif attempt["outcome"] == Outcome.NOT_MEASURED:
            # A sweep that gives a cell up closes its remaining candidates after the tried ones.
            self._open.discard(cell_id)

    def count(self, body: Body) -> bool:
        """Whether a line counts, as far as its cell goes."""
        cell_id = body.get("cell_id")
        if cell_id is None:
            return True
        finished_by = self._finished_by.get(cell_id)
        if body["kind"] in ("cell", "finals"):
            return bool(body["run_id"] == finished_by)
        if cell_id in self._open:
            return False
        if body["kind"] == "attempt" and not was_tried(body):
            return True
        last = finished_by or self._tried_by.get(cell_id)
        return last is not None and self._uuid_of[body["run_id"]] == self._uuid_of[last]
