"""The smallest tiles come first, and every legal config comes once."""

from __future__ import annotations

from scripts.transfer.strategies.smallest_tile import SmallestTile, entrants

from tests.transfer.strategies.test_pipeline import FIELD
from tests.transfer.study import LEGAL


def test_every_config_comes_once_the_smallest_first() -> None:
    asked = list(iter(SmallestTile(LEGAL).ask, None))
    assert sorted(asked) == sorted(LEGAL.configs)
    sizes = [c.block_size_m * c.block_size_n * c.block_size_k for c in asked]
    assert sizes == sorted(sizes)


def test_it_competes_on_every_cell() -> None:
    (entrant,) = entrants(FIELD, 2)
    assert len(entrant.start()) == len(FIELD.recordings)
