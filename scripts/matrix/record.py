"""What a run writes: a line a cell and level, hash-chained; a run cut off goes on there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scripts.engine.journal import RESULT, RUN
from scripts.engine.outcome import Outcome
from scripts.lib.chain import read_chain
from scripts.lib.files import InputError
from scripts.matrix.levels import performance
from scripts.matrix.switches import LEVELS

BOOT, FAULT, REFERENCE, PERFORMANCE, GATE = "boot", "fault", "reference", "performance", "gate"
ROUND = "round"  # of the performance level: round-0, round-1, …
# In the order in which a cell passes them; boot comes first, what is judged alone last.
UNTIMED = ("smoke", "path", "correctness", "stress")
OBSERVED = (*UNTIMED, PERFORMANCE)
JUDGED = ("regression", "combinations")
NUMBERS = {**LEVELS, "regression": "5", "combinations": "6"}


def key_of(cell: str, level: str) -> str:
    """Under which a result stands."""
    return f"{cell}#{level}"


def round_of(number: int) -> str:
    """The level of a round."""
    return f"{ROUND}-{number}"


@dataclass(frozen=True)
class Result:
    """How a level of a cell ended on the GPU. ``outcome``: of scripts.engine.outcome."""

    outcome: Outcome
    reason: str
    seen: Mapping[str, Any]
    seconds: float
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether there is something to judge."""
        return self.outcome is Outcome.OK


@dataclass(frozen=True)
class Record:
    """``runs``: metadata of each start. ``results`` by cell, then level."""

    runs: tuple[Mapping[str, Any], ...]
    results: Mapping[str, Mapping[str, Result]]

    def of(self, cell: str, level: str) -> Result | None:
        """That result, if there is one."""
        return self.results.get(cell, {}).get(level)

    def seen(self, cell: str, level: str) -> Mapping[str, Any] | None:
        """What the level saw, if it went well."""
        found = self.of(cell, level)
        return found.seen if found is not None and found.ok else None


def read_record(path: Path) -> Record:
    """A run's file. InputError for one that was edited, or that says nothing of its run."""
    return record_of(list(read_chain(path)), str(path))


def record_of(bodies: list[dict[str, Any]], where: str) -> Record:
    """As ``read_record``, of its lines' bodies. A key that comes twice counts by its last line."""
    runs = tuple(body for body in bodies if body.get("kind") == RUN)
    if not runs:
        raise InputError(f"{where}: no line says how it was run; make it by scripts.matrix.run")
    results: dict[str, dict[str, Result]] = {}
    for body in bodies:
        if body.get("kind") != RESULT:
            continue
        cell, _, level = str(body["key"]).rpartition("#")
        results.setdefault(cell, {})[level] = Result(
            Outcome(body["outcome"]), body["reason"], body["result"], float(body["seconds"]),
            {key: body[key] for key in ("log", "at_once") if key in body},
        )  # fmt: skip
    return Record(runs, {cell: _with_rounds(levels) for cell, levels in results.items()})


def _with_rounds(levels: Mapping[str, Result]) -> dict[str, Result]:
    """The performance level with its rounds in it; without any it has not been reached.

    A round that went wrong is how the level ended. Records of before there were rounds have all in
    one result.
    """
    kept = {name: one for name, one in levels.items() if not name.startswith(f"{ROUND}-")}
    rounds = [one for name, one in levels.items() if name not in kept]
    whole = kept.get(PERFORMANCE)
    if whole is None or not whole.ok or "pp" in whole.seen:
        return kept
    bad = next((one for one in rounds if not one.ok), None)
    if bad is not None:
        return kept | {PERFORMANCE: bad}
    if not rounds:
        return {name: one for name, one in kept.items() if name != PERFORMANCE}
    seen = performance.together(whole.seen, [one.seen for one in rounds])
    return kept | {PERFORMANCE: replace(whole, seen=seen)}
