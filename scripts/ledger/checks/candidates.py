"""Candidates with two outcomes, and attempts that take the place of another than they may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from scripts.ledger.checks.finding import RESTORE, Body, Finding, Ledger
from scripts.ledger.select import KEY, was_tried
from scripts.lib.chain import Line
from scripts.lib.outcome import Outcome

_LINK = "an attempt supersedes the last not_measured line of its own candidate; " + RESTORE


def _key_of(run: Body) -> str:
    """What two runs must share for their attempts to be one record."""
    return json.dumps([run.get(name) for name in KEY], sort_keys=True)


@dataclass
class _Cell:
    """The attempts of a cell that stand: all tried ones are of one GPU."""

    uuid: str | None = None
    standing: dict[str, Line] = field(default_factory=dict)

    def begin_on(self, uuid: str) -> None:
        """On another GPU a cell is measured from new, and what was tried before is history."""
        if self.uuid not in (None, uuid):
            kept = {c: line for c, line in self.standing.items() if not was_tried(line.body)}
            self.standing = kept
        self.uuid = uuid


def duplicates(ledger: Ledger) -> Iterator[Finding]:
    """Candidates that were given a second outcome under the same spec, protocol, kernels and
    conditions, on the same GPU, by a line that does not supersede the first."""  # noqa: D205,D209
    cells: dict[tuple[str, str], _Cell] = {}
    keys = {run_id: _key_of(line.body) for run_id, line in ledger.runs.items()}
    for line in ledger.of("attempt"):
        run, attempt = ledger.run_of(line), line.body
        if run is None:
            continue
        cell = cells.setdefault((keys[attempt["run_id"]], attempt["cell_id"]), _Cell())
        if was_tried(attempt):
            cell.begin_on(run["gpu"]["uuid"])
        earlier = cell.standing.get(attempt["config_id"])
        if earlier is not None and attempt.get("supersedes") is None:
            problem = f"{attempt['config_id']} has its outcome in line {earlier.number}"
            yield ledger.find(line, "config_id", problem, RESTORE)
        cell.standing[attempt["config_id"]] = line


def wrong_links(ledger: Ledger) -> Iterator[Finding]:
    """``supersedes`` that is dangling, points forward or at another candidate's line, at one that
    has an outcome, or at one that another line supersedes already."""  # noqa: D205,D209
    lines = {line.hash: line for line in ledger.lines}
    taken: dict[str, Line] = {}
    for line in ledger.of("attempt"):
        target = line.body.get("supersedes")
        if target is None:
            continue
        problem = _why_wrong(ledger, line, lines.get(target))
        if problem is None and taken.setdefault(target, line) is not line:
            problem = f"line {taken[target].number} supersedes that line already"
        if problem:
            yield ledger.find(line, "supersedes", problem, _LINK)


def _why_wrong(ledger: Ledger, line: Line, target: Line | None) -> str | None:
    if target is None:
        return f"there is no line with the hash {str(line.body['supersedes'])[:16]}…"
    if target.number >= line.number:
        return f"points forward, to line {target.number}"
    if _candidate(ledger, target) != _candidate(ledger, line):
        return f"line {target.number} is not of the same candidate under the same conditions"
    if target.body["outcome"] != Outcome.NOT_MEASURED:
        return f"line {target.number} is {target.body['outcome']}, which stays"
    return None


def _candidate(ledger: Ledger, line: Line) -> tuple[str | None, ...]:
    run = ledger.run_of(line)
    names = ("kind", "cell_id", "config_id")
    return (*(line.body.get(name) for name in names), None if run is None else _key_of(run))
