"""All entrants. A new strategy is its file, with an ``entrants``, and a line here."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from scripts.transfer.contest.field import Entrant, Field

# Modules with ``entrants(on: Field, seeds: int) -> Iterator[Entrant]``.
MODULES = (
    "scripts.transfer.contest.ours",
    "scripts.transfer.contest.baselines",
)


def everyone(on: Field, seeds: int) -> Iterator[Entrant]:
    """Those of all modules; ``seeds``: how many runs a stochastic one has."""
    for name in MODULES:
        yield from import_module(name).entrants(on, seeds)
