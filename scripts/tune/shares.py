"""The layers of a study, and which of its parts measures which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from kernels.formats import SCHEMES
from scripts.lib.files import InputError
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.shape import BATCH_LADDER, Cell, Shape, parse_shape
from scripts.lib.shares import Share, deal, seconds_a_trial
from scripts.lib.tables import read_table
from scripts.transfer.committed_files import History


def study_shapes(table: Path, history: History, device: str) -> list[Shape]:
    """Layers that the device has files of, in formats that the kernels know, sorted.

    ``table``: SHAPES. InputError if there is none.
    """
    ids = read_table(table, SHAPES, columns=["shape_id"])["shape_id"]
    shapes = sorted({parse_shape(text) for text in ids if text.rsplit("-", 1)[1] in SCHEMES})
    found = [shape for shape in shapes if device in history.files(shape)]
    if not found:
        raise InputError(f"{table}: holds no layer that {device} has a file of")
    return found


def shared_out(shapes: Iterable[Shape], device: str, share: Share) -> list[Shape]:
    """The shapes of a part: the longest first, each to the part with the least work so far."""
    seconds = {shape: _seconds(shape, device) for shape in sorted(shapes)}
    return deal(seconds, share.of)[share.number - 1]


def _seconds(shape: Shape, device: str) -> float:
    return sum(seconds_a_trial(Cell(device, shape, tokens)) for tokens in BATCH_LADDER)


def select(shapes: Sequence[Shape], texts: Sequence[str] | None) -> list[Shape]:
    """Those whose id contains one of the texts, in the texts' order; all without texts.

    InputError if none does.
    """
    if texts is None:
        return list(shapes)
    found = [shape for text in texts for shape in shapes if text in shape.id]
    if not found:
        raise InputError(f"--shapes: no layer's id contains {' or '.join(texts)}")
    return list(dict.fromkeys(found))
