"""The layers of a study, and which process measures which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kernels.formats import SCHEMES
from scripts.lib.files import InputError
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.shape import BATCH_LADDER, Cell, Shape, parse_shape
from scripts.lib.tables import read_table
from scripts.measure.controller.shape_queue import seconds_a_trial
from scripts.transfer.committed_files import History

_SHARE = re.compile(r"([1-9]\d*)/([1-9]\d*)")


@dataclass(frozen=True)
class Share:
    """The ``number``-th of ``of`` parts of a study, from 1."""

    number: int
    of: int

    @property
    def ledger(self) -> str:
        """Name of its ledger."""
        return f"ledger-{self.number}-of-{self.of}.jsonl"


def parse_share(text: str) -> Share:
    """For example ``2/4``; InputError on anything else."""
    match = _SHARE.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]):
        raise InputError(f"--share {text}: write the part and how many there are, such as 2/4")
    return Share(int(match[1]), int(match[2]))


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
    work = {shape: _seconds(shape, device) for shape in shapes}
    parts: list[tuple[float, list[Shape]]] = [(0.0, []) for _ in range(share.of)]
    for shape in sorted(work, key=lambda one: (-work[one], one)):
        least = min(range(share.of), key=lambda part: (parts[part][0], part))
        parts[least] = parts[least][0] + work[shape], [*parts[least][1], shape]
    return parts[share.number - 1][1]


def _seconds(shape: Shape, device: str) -> float:
    return sum(seconds_a_trial(Cell(device, shape, tokens)) for tokens in BATCH_LADDER)


def check_alone(folder: Path, share: Share) -> None:
    """InputError if the folder holds ledgers of another number of parts: cells would be in two."""
    others = sorted(
        path.name
        for path in folder.glob("ledger-*-of-*.jsonl")
        if not path.name.endswith(f"-of-{share.of}.jsonl")
    )
    if others:
        raise InputError(
            f"{folder}: holds {others[0]}, a part of another division; go on with as many GPUs, or "
            "name another folder"
        )


def select(shapes: Sequence[Shape], texts: Sequence[str] | None) -> list[Shape]:
    """Those whose id contains one of the texts; all without texts. InputError if none does."""
    if texts is None:
        return list(shapes)
    found = [shape for shape in shapes if any(text in shape.id for text in texts)]
    if not found:
        raise InputError(f"--shapes: no layer's id contains {' or '.join(texts)}")
    return found
