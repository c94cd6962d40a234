"""Baseline: the legal configs, those with the smallest tiles first."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.transfer.contest.field import Entrant, Field, each
from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategy import FixedOrder


class SmallestTile(FixedOrder):
    """By BLOCK_SIZE_M x BLOCK_SIZE_N x BLOCK_SIZE_K; equals in the space's order."""

    def __init__(self, legal: LegalSpace) -> None:
        super().__init__(
            sorted(legal.configs, key=lambda c: c.block_size_m * c.block_size_n * c.block_size_k)
        )


def entrants(on: Field, _: int) -> Iterator[Entrant]:
    """One run on each cell."""
    yield Entrant("smallest tile", None, 0, each(on, lambda one: SmallestTile(one.legal)))
