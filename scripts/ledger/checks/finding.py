"""What the checks are given and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from scripts.lib.chain import Line

Body = dict[str, Any]
RESTORE = "restore the ledger from its recorded copy"


class Finding(NamedTuple):
    """One violation: the ledger and the number of the line, its field, what is wrong, the fix."""

    ledger: str
    line: int
    field: str
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.ledger}:{self.line}: {self.field}: {self.problem}; {self.fix}"


class Ledger:
    """A ledger's lines, by kind; those that are not well-formed are left out of ``lines``.

    ``runs``: the first line of each run, by its id.
    """

    def __init__(self, path: str, lines: Iterable[Line]) -> None:
        self.path, self.lines = path, list(lines)
        self.runs: dict[str, Line] = {}
        for line in self.of("run"):
            self.runs.setdefault(line.body["run_id"], line)

    def of(self, *kinds: str) -> Iterator[Line]:
        """Lines of these kinds, in order."""
        return (line for line in self.lines if line.body["kind"] in kinds)

    def run_of(self, line: Line) -> Body | None:
        """The run that a line belongs to; None if there is none before it."""
        run = self.runs.get(line.body.get("run_id", ""))
        return None if run is None or run.number > line.number else run.body

    def find(self, line: Line, field: str, problem: str, fix: str) -> Finding:
        """A finding in a line of this ledger."""
        return Finding(self.path, line.number, field, problem, fix)
