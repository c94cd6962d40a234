"""Shapes, cells, and the batch the runtime would look up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.shape import BATCH_LADDER, Cell, Shape, nearest_batch, parse_cell, parse_shape

SIZE = st.integers(1, 10**6)
SHAPES = st.builds(
    Shape, SIZE, SIZE, SIZE, SIZE, st.from_regex(r"[a-z0-9]+(_[a-z0-9]+)*", fullmatch=True)
)
CELLS = st.builds(Cell, st.from_regex(r"[A-Za-z0-9_.\-]+", fullmatch=True), SHAPES, SIZE)


@given(CELLS)
def test_ids_give_the_cell_back(cell: Cell) -> None:
    assert parse_shape(cell.shape.id) == cell.shape
    assert parse_cell(cell.id) == cell


def test_ids_by_example() -> None:
    cell = Cell("NVIDIA_H200", Shape(8, 3584, 4096, 2, "bf16"), 64)
    assert cell.id == "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64"


@pytest.mark.parametrize("text", ["", "E8-N3584-K4096-top2", "E8-N3584-K4096-top2-BF16"])
def test_what_is_no_shape_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a shape id"):
        parse_shape(text)


@pytest.mark.parametrize(
    "text", ["", "NVIDIA_H200/M64", "NVIDIA_H200/E8-N3584-K4096-top2-bf16/64", "a/b/c/M1"]
)
def test_what_is_no_cell_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parse_cell(text)


def test_the_ladder_rises() -> None:
    assert len(BATCH_LADDER) == 18
    assert list(BATCH_LADDER) == sorted(set(BATCH_LADDER))


@pytest.mark.parametrize(
    ("tokens", "batches", "nearest"),
    [(3, [1, 2, 4], 2), (3, [4, 2], 4), (10_000, [1, 4096], 4096), (1, [8], 8)],
)
def test_nearest_batch(tokens: int, batches: list[int], nearest: int) -> None:
    assert nearest_batch(tokens, batches) == nearest


@given(SIZE, st.lists(SIZE, min_size=1))
def test_no_batch_is_nearer(tokens: int, batches: list[int]) -> None:
    found = nearest_batch(tokens, batches)
    assert abs(found - tokens) == min(abs(batch - tokens) for batch in batches)


def test_no_batches_is_an_error() -> None:
    with pytest.raises(ValueError, match="no batch sizes"):
        nearest_batch(1, [])
