"""What a survey's parts measure, in order of value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from scripts.lib.recordings import Role
from scripts.lib.shape import Cell, Shape
from scripts.tune.survey.candidates import Known, short, whole
from scripts.tune.survey.cells import chunks, covering, in_turns, layers, rows_of_files
from scripts.tune.survey.parts import Kind, Part

# Layers of a part of the files' rows, and of the study; cells of a part with whole spaces; cells
# that are measured once more.
LAYERS, STUDIED, SPACES, REPEATED = 6, 4, 8, 24
Planned = tuple[Part, pd.DataFrame | None]


@dataclass(frozen=True)
class Picks:
    """How many configs of each row are taken by prediction and at random; ``seed`` of all drawn."""

    predicted: int
    random: int
    seed: int


def planned(
    known: Known, shapes: Sequence[Shape], twins: Sequence[Cell], name: str, picks: Picks
) -> Iterator[Planned]:
    """All parts with their PLAN tables, in order. ``shapes``: layers that the GPU has files of;
    ``twins``: cells that are whole of another GPU."""  # noqa: D205,D209
    device = known.device.name
    yield Part("peaks", Kind.PEAKS, name, Role.PEAKS), None
    for number, some in enumerate(chunks(layers(shapes), LAYERS), start=1):
        cells = rows_of_files(known.history, some, device)
        plan = short(known, cells, (picks.predicted, picks.random), picks.seed)
        yield Part(f"corpus-{number:02d}", Kind.SWEEP, f"{name}-corpus", Role.CORPUS), plan
    complete = list(_whole(known, twins, name, picks.seed))
    yield from complete
    for number, some in enumerate(chunks(layers(shapes), STUDIED), start=1):
        ids = tuple(shape.id for shape in some)
        yield Part(f"study-{number:02d}", Kind.STUDY, f"{name}-study", Role.STUDY, shapes=ids), None
    if shapes:
        yield (
            Part(
                "finals", Kind.AGAIN, f"{name}-study-finals", Role.FINALS, repeats=f"{name}-study"
            ),
            None,
        )
    yield Part("correctness", Kind.CORRECTNESS, name, Role.CORRECTNESS), None
    if complete:
        yield _again(name, complete)


def _whole(known: Known, twins: Sequence[Cell], name: str, seed: int) -> Iterator[Planned]:
    """First of every number format the cells that cover its kinds, then all others in turns."""
    by_scheme: dict[str, list[Cell]] = {}
    for cell in twins:
        by_scheme.setdefault(cell.shape.scheme, []).append(replace(cell, device=known.device.name))
    split = {scheme: covering(cells) for scheme, cells in by_scheme.items()}
    order = sorted(split, key=lambda scheme: (-len(by_scheme[scheme]), scheme))
    parts = [tuple(split[scheme][0]) for scheme in order]
    parts += in_turns({scheme: chunks(rest, SPACES) for scheme, (_, rest) in split.items()})
    for number, some in enumerate(parts, start=1):
        scheme = some[0].shape.scheme
        part = Part(
            f"complete-{number:02d}-{scheme}", Kind.SWEEP, f"{name}-complete", Role.COMPLETE
        )
        yield part, whole(known, some, seed + number)


def _again(name: str, complete: Sequence[Planned]) -> Planned:
    """The cells of the first parts once more, elsewhere."""
    rows = pd.concat([plan for _, plan in complete if plan is not None], ignore_index=True)
    ids = rows["cell_id"].drop_duplicates()[:REPEATED]
    part = Part(
        "repeat", Kind.SWEEP, f"{name}-complete-repeat", Role.REPEAT,
        repeats=f"{name}-complete", elsewhere=True,
    )  # fmt: skip
    return part, rows[rows["cell_id"].isin(ids)].reset_index(drop=True)
