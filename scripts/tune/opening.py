"""A layer about to be measured: what its cells and the compilers begin with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scripts.lib.config import Config
from scripts.lib.shape import Cell
from scripts.transfer.committed_files import History
from scripts.transfer.legal import LegalSpace
from scripts.tune.ahead import Ahead
from scripts.tune.cell_search import plan_of
from scripts.tune.layer_bench import LayerBench
from scripts.tune.session import Session
from scripts.tune.sources import outside, references

# Of each cell, the configs of the greatest merit that are compiled before any search asks.
AHEAD = 8
Compared = Mapping[Cell, Mapping[str, Config]]


@dataclass(frozen=True)
class Opening:
    """What is known of a layer's cells before their first trial.

    ``ranked``: all legal configs with what graphx-sim predicts, us, the most promising first.
    ``compared``: by name, what no search is told of. ``model``: graphx-sim's version.
    """

    ranked: Mapping[Cell, Sequence[tuple[Config, float]]]
    compared: Compared
    model: str

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
        want_compared(self.compared, ahead, rank)


def want_compared(compared: Compared, ahead: Ahead, rank: int = 0) -> None:
    """Have the compilers make what is compared with: what a cell opens with, its committed config,
    before all else, the others after what is likely to be asked."""  # noqa: D205,D209
    for cell, configs in compared.items():
        ahead.want([one for name, one in configs.items() if name == "committed"], cell.shape, rank)
        ahead.want(configs.values(), cell.shape, rank + AHEAD)


def compared_with(
    history: History, cells: Iterable[Cell], sources: Sequence[str], legal: LegalSpace
) -> dict[Cell, dict[str, Config]]:
    """What would be launched today, and what sources hold that no search would try; by name."""
    return {
        cell: references(history, cell) | outside(history, cell, sources, legal) for cell in cells
    }


def open_bench(session: Session, first: Opening) -> LayerBench:
    """The cells on a GPU, and the compilers at work on what will be asked first."""
    plans = {
        cell: plan_of(cell, ranked, _named(first.compared[cell]), first.model)
        for cell, ranked in first.ranked.items()
    }
    site, early = session.sites[0], session.compiling
    if early is not None:  # they need not wait until the GPU's process is warm
        early.forget()
        first.want(early)
    session.warmed(site)
    if session.ahead is not early:
        first.want(session.ahead)
    return LayerBench(session, site, plans)


def _named(compared: Mapping[str, Config]) -> dict[str, str]:
    """Comma-joined names by config id."""
    names: dict[str, str] = {}
    for name, config in compared.items():
        names[config.id] = f"{names[config.id]},{name}" if config.id in names else name
    return names
