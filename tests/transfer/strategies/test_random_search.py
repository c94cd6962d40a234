"""Random search: uniform permutations, fixed by cell and seed."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.config import Config
from scripts.lib.shape import Cell
from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategies.random_search import RandomSearch
from tests.transfer.study import CELLS_SMALL, LEGAL


def asked(legal: LegalSpace, cell: Cell, seed: int) -> list[Config]:
    strategy = RandomSearch(legal, cell, seed)
    return list(iter(strategy.ask, None))


@given(st.integers(0, 10_000), st.sampled_from(CELLS_SMALL))
def test_a_permutation_of_the_legal_space_fixed_by_the_seed(seed: int, cell: Cell) -> None:
    order = asked(LEGAL, cell, seed)
    assert sorted(order) == sorted(LEGAL.configs)
    assert asked(LEGAL, cell, seed) == order


def test_seeds_and_cells_differ() -> None:
    orders = {tuple(asked(LEGAL, cell, seed)) for cell in CELLS_SMALL for seed in range(50)}
    assert len(orders) == 150


def test_every_config_is_equally_often_first() -> None:
    cell, draws = CELLS_SMALL[0], 9_600
    first = Counter(RandomSearch(LEGAL, cell, seed).ask() for seed in range(draws))
    expected = draws / len(LEGAL)
    chi_square = sum((first[config] - expected) ** 2 / expected for config in LEGAL.configs)
    # 99.9% quantile of chi-square with 47 degrees of freedom
    assert chi_square < 82.7


def test_the_stream_is_the_same_on_every_machine() -> None:
    ids = [config.id for config in asked(LEGAL, CELLS_SMALL[0], 0)[:3]]
    assert ids == ["M64-N128-K64-G1-W4-S4", "M16-N64-K64-G16-W4-S2", "M64-N128-K128-G16-W4-S2"]


def test_an_empty_space_ends_at_once() -> None:
    assert asked(LegalSpace([]), CELLS_SMALL[0], 0) == []
