"""One cell of a search, from the controller's side: trials as they are asked, finals, its line."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from scripts.lib.config import Config, parse_id
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.plan import PLAN
from scripts.lib.shape import Cell
from scripts.measure.controller.cell_run import CellLostError, CellRun, Site, result_of
from scripts.measure.controller.records import failed, not_measured
from scripts.transfer.oracle import Trial
from scripts.tune.clock import Paused
from scripts.tune.flight import Flight
from scripts.tune.told import trial_of

Body = dict[str, Any]
# Of those within the margin of the fastest trial, how many meet in the finals: the fastest, and the
# first by what was expected of them, who are the same at every run.
FASTEST, FIRST = 2, 3
STANDING = {"committed", "default"}  # names of what would be launched today


def near(trials: Mapping[str, Trial], margin: float, than: str | None = None) -> list[str]:
    """Config ids, the fastest first, that trials cannot tell from ``than`` at the relative margin.

    ``than``: default, the fastest.
    """
    timed = {config: t for config, t in trials.items() if t.latency_us is not None}
    ranked = sorted(timed, key=lambda config: (timed[config].latency_us or 0.0, config))
    if not ranked:
        return []
    reach = (timed[than or ranked[0]].latency_us or 0.0) * (1.0 + margin)
    return [c for c in ranked if (timed[c].latency_us or 0.0) - (timed[c].half_us or 0.0) <= reach]


def finalists(
    trials: Mapping[str, Trial], wanted: Iterable[str], margin: float, rank: Mapping[str, int]
) -> list[str]:
    """Who meets in the finals, by config id: the fastest, the first by ``rank`` within the margin
    of it, then those wanted; each once, and only what was timed."""  # noqa: D205,D209
    close = near(trials, margin)
    first = sorted(close, key=lambda config: rank.get(config, len(rank)))
    timed = [c for c in wanted if c in trials and trials[c].latency_us is not None]
    return list(dict.fromkeys([*close[:FASTEST], *first[:FIRST], *timed]))


def plan_of(
    cell: Cell, expected: Sequence[tuple[Config, float]], references: Mapping[str, str], model: str
) -> pd.DataFrame:
    """PLAN rows: the space with what ``model`` expects of each, and what it is compared with.

    ``expected``: configs with latencies in us, the anchor first. ``references``: names by config
    id; those outside the space come last, without a prediction.
    """
    rows = [
        (cell.id, order, config.id, references.get(config.id, ""), us, model)
        for order, (config, us) in enumerate(expected)
    ]
    known = {row[2] for row in rows}
    rest = [config_id for config_id in references if config_id not in known]
    rows += [
        (cell.id, len(known) + order, config_id, references[config_id], None, None)  # type: ignore[misc]
        for order, config_id in enumerate(rest)
    ]
    return pd.DataFrame(rows, columns=PLAN.names)


class CellSearch(CellRun):
    """A cell whose configs are tried in the order in which searches ask for them.

    ``told``: what attempts in the ledger say, by the hash of their lines. ``margin``: relative
    distance from the fastest at which a config still enters the finals. ``flight``: of the site's
    worker.

    Its lines are on disk once the ledger is synced: nothing is decided for good before that.
    """

    syncs = False

    def __init__(
        self,
        cell_id: str,
        plan: pd.DataFrame,
        site: Site,
        told: Mapping[str, Trial],
        margin: float,
        flight: Flight,
    ) -> None:
        super().__init__(cell_id, plan, site)
        self._flight = flight
        self._margin, self._rank = margin, dict(self.order)
        self.done.begin_on(site.uuid)
        known = self.done.known
        self.trials = {c: told[k.line] for c, k in known.items() if self.done.is_closed(c)}
        named = zip(self.plan["config_id"], self.plan["proposed_by"], strict=True)
        self._standing = [config for config, names in named if set(names.split(",")) & STANDING]
        self._facts: Body = {}
        self._finalists: Collection[str] = ()
        self._new = False
        self.seconds = self.finals_seconds = 0.0

    @property
    def settled(self) -> bool:
        """Whether an earlier run finished the cell, and nothing was tried since."""
        return self.done.whole and not self._new

    def trial(self, config: Config, meanwhile: Callable[[], None] = lambda: None) -> Trial:
        """The config's outcome: known, or tried now and written when this returns.

        ``meanwhile``: called while the GPU works on it. Paused if the time is up, CellLostError if
        the cell cannot be opened.
        """
        if config.id not in self.trials:
            if self.site.paused():
                raise Paused
            self.open()
            began = time.perf_counter()
            self._new = True
            self.order[config.id] = len(self.trials)
            self._attempted(config.id, meanwhile)
            self._write_pending()
            self.seconds += time.perf_counter() - began
        return self.trials[config.id]

    def begin(self, config: Config) -> None:
        """Have a config tried that will be asked for; of a cell that is open."""
        self._flight.begin((self.cell_id, config.id), self._trial(config.id))

    @property
    def is_open(self) -> bool:
        """Whether trials can begin at once."""
        return bool(self._facts)

    def open(self) -> None:
        """Open the cell and time its anchor, once. CellLostError if it cannot be opened."""
        if not self._facts:
            began = time.perf_counter()
            if self._anchor_id is not None:  # else the worker would compile it, alone
                self.site.compiler_said(self._anchor_id, self.cell.shape)
            self._facts = self._open()
            self._anchor(0)
            self.seconds += time.perf_counter() - began

    def _attempted(self, config_id: str, meanwhile: Callable[[], None]) -> None:
        reason = self.site.compiler_said(config_id, self.cell.shape)
        if reason is not None:
            self._pending = self._attempt(config_id, failed(Outcome.COMPILE_ERROR, reason))
            return
        began, answer = time.perf_counter(), None
        while answer is None:  # once more if another config ended the process that it was sent to
            self.begin(parse_id(config_id))
            meanwhile()
            answer = self._flight.end((self.cell_id, config_id))
        result, lives = result_of(answer, time.perf_counter() - began)
        self._pending = self._attempt(config_id, result)
        if not lives:
            self._facts = self._open()

    def _open(self) -> Body:
        self._flight.land()
        return super()._open()

    def _ask(self, task: tuple[Any, ...], deadline_s: float) -> Any:
        self._flight.land()
        return super()._ask(task, deadline_s)

    def close(self, finalists: Collection[str]) -> None:
        """Time the anchor again and hold the finals, ``finalists`` among them."""
        self.open()
        began = time.perf_counter()
        self._finalists = finalists
        self._anchor(len(self.trials))
        self._facts |= self._finals()
        seconds = time.perf_counter() - began
        self.seconds, self.finals_seconds = self.seconds + seconds, self.finals_seconds + seconds

    def write(self, readings: Body) -> None:
        """The cell's line; ``readings`` of the GPU's state meanwhile."""
        line = self._cell_line(self._facts, readings, round(self.seconds, 3))
        self.site.chain.append(line, sync=self.syncs)
        self.done.whole, self._new = True, False

    def give_up(self, lost: CellLostError) -> None:
        """Record why nothing can be tried here, for the config that would have been first."""
        result = not_measured(lost.reason, lost.detail)
        first = next(iter(self.order))
        if not self.done.is_closed(first) and not self.done.is_closed_so(first, result):
            body = self._attempt(first, result)
            self.done.add(body, self.site.chain.append(body))

    def _write_pending(self) -> None:
        pending = self._pending
        super()._write_pending()
        if pending is not None:
            self.trials[pending["config_id"]] = trial_of(pending)

    def _task(self, *task: Any) -> tuple[Any, ...]:
        anchor = parse_id(self._anchor_id).to_entry() if self._anchor_id else None
        return ("on", self.cell_id, anchor, *task)

    def _slots(self) -> list[str]:
        """Those wanted, the fastest that are within the margin, and twins for A/A pairs.

        What would be launched today is wanted. What a source holds beyond the searched space meets
        there as a search's configs do: where its trial does not tell it from the fastest.
        """
        wanted = (*self._finalists, *self._standing)
        met = finalists(self.trials, wanted, self._margin, self._rank)
        of_best, of_committed = self.site.twins
        slots = met + met[:1] * of_best
        if self.committed in met:
            slots += [self.committed] * of_committed
        return slots
