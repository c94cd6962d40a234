"""S2: legal configs only, all of them, the nearest first."""

from itertools import islice, pairwise
from math import log2

from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.config import Config
from scripts.transfer.legal import AXES, LegalSpace
from scripts.transfer.strategies.s2_nearest import WEIGHTS, by_distance
from tests.transfer.study import h200_space

LEGAL = h200_space()

any_config = st.builds(
    Config,
    st.sampled_from([16, 32, 64, 128, 256]),
    st.sampled_from([16, 32, 64, 128, 256]),
    st.sampled_from([16, 32, 64, 128, 256]),
    st.sampled_from([1, 4, 8, 16, 32, 64, 128]),
    st.sampled_from([1, 2, 4, 8, 16]),
    st.integers(1, 8),
)


def distance(one: Config, other: Config) -> float:
    return sum(
        WEIGHTS[axis] * abs(log2(getattr(one, axis)) - log2(getattr(other, axis))) for axis in AXES
    )


def test_the_space_is_the_one_of_the_h200() -> None:
    assert len(LEGAL) == 1_304


def test_a_legal_source_comes_first() -> None:
    for config in LEGAL.configs[::37]:
        assert next(by_distance(config, LEGAL)) == config


def test_an_amd_config_moves_to_the_nearest_tile() -> None:
    source = Config(16, 16, 128, 1, 4, 2)
    assert next(by_distance(source, LEGAL)).id == "M16-N32-K128-G1-W4-S2"


def test_the_group_moves_before_the_tile() -> None:
    source = Config(64, 64, 64, 32, 4, 3)
    first = [config.id for config in islice(by_distance(source, LEGAL), 3)]
    assert first == ["M64-N64-K64-G32-W4-S3", "M64-N64-K64-G16-W4-S3", "M64-N64-K64-G64-W4-S3"]


@given(any_config)
def test_the_whole_legal_space_in_order_of_distance(source: Config) -> None:
    order = list(by_distance(source, LEGAL))
    assert sorted(order) == sorted(LEGAL.configs)
    distances = [distance(source, config) for config in order]
    assert all(a <= b + 1e-8 for a, b in pairwise(distances))


@given(any_config, st.permutations(LEGAL.configs[:40]))
def test_the_order_of_the_table_does_not_matter(source: Config, shuffled: list[Config]) -> None:
    plain = list(by_distance(source, LegalSpace(LEGAL.configs[:40])))
    assert list(by_distance(source, LegalSpace(shuffled))) == plain
