"""Which cells are measured, and in which order, so that wherever time ends all kinds are in."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain, zip_longest
from typing import TypeVar

from scripts.lib.judging.token_classes import search_class
from scripts.lib.shape import Cell, Shape
from scripts.transfer.committed_files import History

Item = TypeVar("Item", bound=Hashable)
# Upper bounds of the classes of experts: one, few, some, many.
EXPERTS = (1, 16, 64)


def kind_of(cell: Cell) -> tuple[int, str]:
    """Class of experts and of tokens."""
    return bisect_left(EXPERTS, cell.shape.experts), search_class(cell.tokens)


def in_turns(items: Mapping[str, Sequence[Item]]) -> list[Item]:
    """One of each list in turn, the longest list first."""
    lists = sorted(items.items(), key=lambda one: (-len(one[1]), one[0]))
    rows = zip_longest(*(found for _, found in lists))
    return [item for item in chain.from_iterable(rows) if item is not None]


def layers(shapes: Iterable[Shape]) -> list[Shape]:
    """Number formats in turn, and of each format classes of experts in turn."""
    by_scheme: dict[str, dict[str, list[Shape]]] = defaultdict(lambda: defaultdict(list))
    for shape in sorted(shapes):
        by_scheme[shape.scheme][str(bisect_left(EXPERTS, shape.experts))].append(shape)
    return in_turns({scheme: in_turns(classes) for scheme, classes in by_scheme.items()})


def rows_of_files(history: History, shapes: Iterable[Shape], device: str) -> list[Cell]:
    """The cells of the GPU's files: each at its own batch sizes, layers in their order."""
    return [
        Cell(device, shape, tokens)
        for shape in shapes
        for tokens in sorted(history.files(shape)[device].configs)
    ]


def covering(cells: Iterable[Cell]) -> tuple[list[Cell], list[Cell]]:
    """Of one number format: the fewest that hold all its kinds, found greedily; and the others.

    Of a kind the layer with the smallest weights is taken, for its trials are the shortest.
    """
    first: dict[tuple[int, str], Cell] = {}
    ordered = sorted(cells, key=lambda cell: (_weights(cell), cell))
    for cell in ordered:
        first.setdefault(kind_of(cell), cell)
    chosen = set(first.values())
    rest = in_turns(_grouped(cell for cell in ordered if cell not in chosen))
    return sorted(chosen), rest


def _grouped(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    groups: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[str(kind_of(cell))].append(cell)
    return groups


def _weights(cell: Cell) -> int:
    return cell.shape.experts * cell.shape.intermediate * cell.shape.hidden


def chunks(items: Sequence[Item], size: int) -> list[tuple[Item, ...]]:
    """Consecutive parts of ``size``, the last one shorter."""
    return [tuple(items[start : start + size]) for start in range(0, len(items), size)]
