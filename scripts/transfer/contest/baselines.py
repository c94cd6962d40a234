"""What S1 to S8 are compared with, as far as it takes little time; see scripts.transfer.rivals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from scripts.lib.device import find_device
from scripts.transfer.contest.field import Entrant, Field, each
from scripts.transfer.recording import Recording
from scripts.transfer.strategies.committed import Committed
from scripts.transfer.strategies.default_heuristic import (
    KNOWN_SCHEMES,
    DefaultHeuristic,
    default_config,
)
from scripts.transfer.strategies.exhaustive import Exhaustive
from scripts.transfer.strategies.random_search import RandomSearch
from scripts.transfer.strategy import Strategy


def entrants(on: Field, seeds: int) -> Iterator[Entrant]:
    """All of them; stochastic ones once for each seed."""
    yield Entrant("committed", None, 0, each(on, _committed))
    if on.shape.scheme in KNOWN_SCHEMES:
        yield Entrant("default", None, 0, each(on, _default))
    yield Entrant("exhaustive", None, 0, each(on, _exhaustive), whole=True)
    for seed in range(seeds):
        yield Entrant("random", None, seed, each(on, partial(_random, seed)))


def _committed(one: Recording) -> Strategy | None:
    return None if one.committed is None else Committed(one.committed)


def _default(one: Recording) -> Strategy:
    device = find_device(one.cell.device)
    return DefaultHeuristic(default_config(one.cell.shape, one.cell.tokens, device))


def _exhaustive(one: Recording) -> Strategy:
    return Exhaustive(one.legal)


def _random(seed: int, one: Recording) -> Strategy:
    return RandomSearch(one.legal, one.cell, seed)
