"""A layer about to be measured: what its cells and the compilers begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.lib.config import Config
from scripts.lib.shape import Cell
from scripts.tune.ahead import Ahead
from scripts.tune.cell_search import plan_of
from scripts.tune.knowledge import Advice
from scripts.tune.session import LayerBench, Session
from scripts.tune.sources import outside, references

# Of each cell, the configs of the greatest merit that are compiled before any search asks.
AHEAD = 8


@dataclass(frozen=True)
class Opening:
    """What is known of a layer's cells before their first trial.

    ``ranked``: all legal configs with what graphx-sim predicts, us, the most promising first.
    ``compared``: by name, what no search is told of.
    """

    advice: Advice
    ranked: Mapping[Cell, Sequence[tuple[Config, float]]]
    compared: Mapping[Cell, Mapping[str, Config]]

    @property
    def references(self) -> dict[Cell, list[Config]]:
        """``compared`` without the names."""
        return {cell: list(found.values()) for cell, found in self.compared.items()}

    def want(self, ahead: Ahead, rank: int = 0) -> None:
        """Have the compilers begin with what is likely to be asked, from ``rank`` on."""
        for place in range(AHEAD):
            for cell, ranked in self.ranked.items():
                first = [config for config, _ in ranked[place : place + 1]]
                ahead.want(first, cell.shape, rank + place)
        for cell, configs in self.references.items():
            ahead.want(configs, cell.shape, rank + AHEAD)


def opening(advice: Advice, cells: Sequence[Cell], sources: Sequence[str]) -> Opening:
    """All of it, for searches from ``sources``."""
    history = advice.corpus.history
    return Opening(
        advice,
        {cell: advice.ranked(cell, sources) for cell in cells},
        {
            cell: references(history, cell) | outside(history, cell, sources, advice.space.legal)
            for cell in cells
        },
    )


def open_bench(session: Session, first: Opening) -> LayerBench:
    """The cells on a GPU, and the compilers at work on what will be asked first."""
    model = first.advice.simulator.version
    plans = {
        cell: plan_of(cell, ranked, _named(first.compared[cell]), model)
        for cell, ranked in first.ranked.items()
    }
    site = session.sites[0]
    session.warmed(site)
    session.ahead.forget()
    first.want(session.ahead)
    return LayerBench(session, site, plans)


def _named(compared: Mapping[str, Config]) -> dict[str, str]:
    """Comma-joined names by config id."""
    names: dict[str, str] = {}
    for name, config in compared.items():
        names[config.id] = f"{names[config.id]},{name}" if config.id in names else name
    return names
