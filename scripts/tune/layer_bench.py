"""The cells of one layer on one GPU, and the road of their searches through them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from scripts.lib.config import Config
from scripts.lib.outcome import Outcome
from scripts.lib.shape import Cell
from scripts.measure.controller.cell_run import CellLostError, Site
from scripts.measure.controller.monitor import Monitor, summary
from scripts.transfer.oracle import Trial
from scripts.tune.cell_search import CellSearch
from scripts.tune.flight import Flight
from scripts.tune.session import Session
from scripts.tune.turns import Search, search_in_turns

LOG = logging.getLogger("tune")
Body = dict[str, Any]
# Trials that the GPU's process has been sent beside the one that is waited for: while one is timed,
# the next is made ready, and the answer to the last takes its time to decide on another.
BEGUN = 2


class LayerBench:
    """The cells of one layer on one GPU: what searches measure on (scripts.tune.turns.Bench)."""

    def __init__(self, session: Session, site: Site, plans: Mapping[Cell, pd.DataFrame]) -> None:
        self.session, self.site = session, site
        margin = session.terms.margin
        self._flight = Flight(site.worker, site.protocol.trial_deadline_s)
        self.cells = {
            cell: CellSearch(cell.id, plan, site, session.told, margin, self._flight)
            for cell, plan in plans.items()
        }
        self.lost: dict[Cell, CellLostError] = {}
        self._asked: list[tuple[Cell, Config]] = []  # and not yet measured

    def open(self) -> None:
        """Open the cells that are not settled: the compilers work while their anchors are timed."""
        for cell, search in self.cells.items():
            if not search.settled and not self.site.paused():
                self._try(cell, search.open)

    def prepare(self, cell: Cell, configs: Sequence[Config]) -> None:
        """See ``Bench``."""
        known = self.cells[cell].trials
        new = [one for one in configs if one.id not in known]
        self.session.ahead.want(new, cell.shape)
        self._asked += [(cell, config) for config in new]

    def measure(self, cell: Cell, config: Config) -> Trial:
        """See ``Bench``; ``not_measured`` once the cell is lost."""
        if (cell, config) in self._asked:
            self._asked.remove((cell, config))
        if cell not in self.lost:
            self._try(cell, lambda: self.cells[cell].trial(config, self._send))
        if cell in self.lost:
            return Trial(Outcome.NOT_MEASURED, None, 0.0, self.lost[cell].reason)
        return self.cells[cell].trials[config.id]

    def _try(self, cell: Cell, what: Callable[[], Any]) -> None:
        """Do it; a cell that is lost by it is given up."""
        try:
            what()
        except CellLostError as lost:
            LOG.warning("%s: %s", cell.id, lost.detail)
            self.cells[cell].give_up(lost)
            self.lost[cell] = lost

    def _send(self) -> None:
        """Begin what is measured next, where nothing has to be waited for; sync what is written."""
        for cell, config in self._asked:
            search = self.cells[cell]
            ready = search.is_open and self.session.ahead.ready(config, cell.shape)
            if len(self._flight) > BEGUN or not ready or cell in self.lost:
                break
            if config.id not in search.trials:
                search.begin(config)
        self.session.syncing.want()

    def seconds(self, whole: float) -> dict[str, float]:
        """What ``whole`` seconds of measuring went into; ``search``: choosing what is tried."""
        spent = sum(cell.seconds for cell in self.cells.values())
        finals = sum(cell.finals_seconds for cell in self.cells.values())
        waited = self.session.seconds_waited
        parts = {"compilers": waited, "trials": spent - finals - waited, "finals": finals}
        return {name: round(value, 3) for name, value in {**parts, "search": whole - spent}.items()}

    def finals(self, cell: Cell, finalists: Iterable[str], monitor: Monitor) -> Body | None:
        """The cell's finals: those that an earlier run held, or new ones; None without any."""
        search = self.cells[cell]
        if cell in self.lost:
            return None
        if search.settled:
            return self.session.known_finals(cell.id)
        search.close(list(finalists))
        search.write(summary(monitor.states))
        self.session.syncing.want()
        return search.finals


def run_layer(
    bench: LayerBench, searches: Sequence[Search], references: Mapping[Cell, Sequence[Config]]
) -> dict[Cell, Body]:
    """Search; try what is compared with and hold the finals of each cell; these by cell.

    A cell's finals follow its last search: the GPU holds them while the compilers are at work for
    the cells that are still searched. ``references``: configs that no search is told of.
    """
    finals = {}
    with Monitor(bench.site.gpu) as monitor:

        def close(cell: Cell) -> None:
            for config in references.get(cell, ()):
                bench.measure(cell, config)
            best = [s.best[0].id for s in searches if s.cell == cell and s.best is not None]
            held = bench.finals(cell, dict.fromkeys(best), monitor)
            if held is not None:
                finals[cell] = held

        bench.open()
        search_in_turns(searches, bench, close)
    bench.session.chain.sync()
    return finals
