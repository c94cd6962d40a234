"""What a ledger holds already, so that a run goes on where earlier ones ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from scripts.lib.outcome import Outcome

Body = dict[str, Any]


class Known(NamedTuple):
    """One candidate's outcome: ``us`` if it was timed, ``line`` is the hash of its attempt line.

    ``tried``: it reached a compiler or a GPU; those not measured and those rejected beforehand
    did not.
    """

    outcome: str
    reason: str | None
    us: float | None
    line: str
    tried: bool


@dataclass
class CellDone:
    """What is known of a cell. ``uuid``: the GPU of its trials. ``whole``: it has a cell line.

    ``before``: what was known on the GPU before, until something is tried on this one.
    """

    uuid: str | None = None
    known: dict[str, Known] = field(default_factory=dict)
    whole: bool = False
    before: CellDone | None = None

    def is_closed(self, config_id: str) -> bool:
        """Whether a config has an outcome that stays."""
        known = self.known.get(config_id)
        return known is not None and known.outcome != Outcome.NOT_MEASURED

    def is_closed_so(self, config_id: str, result: Body) -> bool:
        """Whether the last line of a config said just that outcome and reason."""
        known = self.known.get(config_id)
        return known is not None and known[:2] == (result["outcome"], result["reason"])

    def superseding(self, body: Body) -> Body:
        """An attempt's line that names the one whose place it takes, if there is one."""
        earlier = self.known.get(body["config_id"])
        return body if earlier is None else body | {"supersedes": earlier.line}

    def add(self, body: Body, line: str) -> None:
        """Note an attempt's line, by its hash."""
        known = self.known[body["config_id"]] = known_of(body, line)
        if known.tried:
            self.before = None

    def missing(self, configs: Iterable[str]) -> list[str]:
        """Those that have no outcome yet, or none but ``not_measured``."""
        return [config for config in configs if not self.is_closed(config)]

    def best_us(self) -> float | None:
        """Fastest correct config so far."""
        return min((k.us for k in self.known.values() if k.us is not None), default=None)

    def begin_on(self, uuid: str) -> None:
        """Latencies of a cell come from one GPU: on another one, all of it starts again."""
        if self.uuid not in (None, uuid):
            self.before = replace(self)
            self.known = {config: k for config, k in self.known.items() if not k.tried}
            self.whole = False
        self.uuid = uuid

    def fall_back(self) -> None:
        """If nothing was tried on this GPU, what was measured on the one before stands."""
        if self.before is not None:
            before, self.before = self.before, None
            self.uuid, self.known, self.whole = before.uuid, before.known, before.whole


class Trial(NamedTuple):
    """A trial that was paid for."""

    cell_id: str
    config_id: str
    gpu_seconds: float


@dataclass
class Done:
    """All cells of a ledger under one key, its trials, and the number of its runs of any key."""

    cells: dict[str, CellDone] = field(default_factory=dict)
    trials: list[Trial] = field(default_factory=list)
    runs: int = 0

    def cell(self, cell_id: str) -> CellDone:
        """The record of a cell, empty at first."""
        return self.cells.setdefault(cell_id, CellDone())

    def spent(self, plan: Collection[tuple[str, str]]) -> tuple[int, float]:
        """Trials and GPU seconds that went into the candidates (cell, config) of a plan."""
        paid = [trial.gpu_seconds for trial in self.trials if trial[:2] in plan]
        return len(paid), sum(paid)


def known_of(body: Body, line: str) -> Known:
    """What an attempt's line says."""
    outcome = body["outcome"]
    # What is found illegal before anything is tried takes no time, and costs no budget.
    rejected = outcome == Outcome.ILLEGAL and body["gpu_seconds"] == 0.0
    tried = outcome != Outcome.NOT_MEASURED and not rejected
    return Known(outcome, body.get("reason"), body.get("median_us"), line, tried)


def read_done(bodies: Iterable[Body], hashes: Iterable[str], key: Body) -> Done:
    """Collect what counts: lines of runs whose line agrees with ``key`` in all of its fields.

    Runs of another protocol, spec or kernel and under other conditions are history.
    """
    done, uuids = Done(), dict[str, str]()
    for body, line in zip(bodies, hashes, strict=True):
        if body["kind"] == "run":
            done.runs += 1
            if all(body.get(name) == value for name, value in key.items()):
                uuids[body["run_id"]] = body["gpu"]["uuid"]
        elif body.get("run_id") in uuids and body["kind"] in ("attempt", "cell"):
            _count(done, body, line, uuids[body["run_id"]])
    return done


def _count(done: Done, body: Body, line: str, uuid: str) -> None:
    cell = done.cell(body["cell_id"])
    if body["kind"] == "cell":
        cell.whole = True
        return
    if known_of(body, line).tried:
        cell.begin_on(uuid)
        trial = Trial(body["cell_id"], body["config_id"], body["gpu_seconds"])
        done.trials.append(trial)
    cell.add(body, line)
