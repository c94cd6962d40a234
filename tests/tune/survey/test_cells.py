"""Wherever time ends, all number formats, classes of experts and batch sizes are in."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.shape import Cell, Shape
from scripts.tune.survey.cells import chunks, covering, in_turns, kind_of, layers

SCHEMES = ("bf16", "fp8_w8a8", "int8_w8a16")


def shape(experts: int, scheme: str = "bf16", width: int = 256) -> Shape:
    return Shape(experts, width, 1024, 2, scheme)


cells = st.lists(
    st.builds(
        Cell,
        st.just("NVIDIA_H200"),
        st.builds(
            shape, st.sampled_from([1, 8, 16, 64, 128, 256]), width=st.sampled_from([64, 512])
        ),
        st.sampled_from([1, 32, 64, 256, 512, 4096]),
    ),
    min_size=1,
    unique=True,
)


@given(cells)
def test_the_first_cells_hold_each_kind_once_and_none_is_lost(drawn: list[Cell]) -> None:
    first, rest = covering(drawn)
    kinds = [kind_of(cell) for cell in first]
    assert len(kinds) == len(set(kinds)) and set(kinds) == {kind_of(cell) for cell in drawn}
    assert sorted([*first, *rest]) == sorted(drawn)
    for cell in first:
        mine = [one for one in drawn if kind_of(one) == kind_of(cell)]
        assert cell.shape.experts * cell.shape.intermediate == min(
            one.shape.experts * one.shape.intermediate for one in mine
        )


def test_a_kind_is_a_class_of_experts_and_of_tokens() -> None:
    found = [kind_of(Cell("", shape(e), m)) for e, m in product((1, 2, 16, 17, 64, 65), (32, 33))]
    assert [classes for classes, _ in found[::2]] == [0, 1, 1, 2, 2, 3]
    assert len(set(found)) == 8


def test_layers_come_by_number_formats_in_turn() -> None:
    shapes = [shape(e, scheme) for scheme in SCHEMES for e in (1, 8, 128)]
    found = layers(shapes)
    assert sorted(found) == sorted(shapes)
    for start in (0, 3, 6):
        assert {one.scheme for one in found[start : start + 3]} == set(SCHEMES)
    assert len({one.experts for one in found[::3]}) == 3


def test_longer_lists_begin_and_end() -> None:
    assert in_turns({"a": [1], "b": [2, 3, 4], "c": [5, 6]}) == [2, 5, 1, 3, 6, 4]
    assert chunks(range(5), 2) == [(0, 1), (2, 3), (4,)]
