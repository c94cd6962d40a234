"""Whether a record may go on with what is asked for now: what it holds is not asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.engine.journal import Journal
from scripts.lib.files import InputError
from scripts.matrix.cells import Cell, cells_of
from scripts.matrix.reading import parse
from scripts.matrix.switches import WEIGHTS, Matrix

# Of a run's metadata: results of different ones are no rows of one record.
MACHINE = ("gpu", "uuid", "driver", "cuda", "runtime")


def check(
    journal: Journal,
    matrix: Matrix,
    cells: Sequence[Cell],
    metadata: Mapping[str, Any],
    where: str,
) -> None:
    """InputError naming what differs from what the record ``where`` was begun with.

    More cells are welcome, and so is another must_see: that is judged anew each time.
    """
    if not journal.runs:
        return
    last = journal.runs[-1]
    for key in MACHINE:
        if last["metadata"].get(key) != metadata.get(key):
            raise _refused(where, key, last["metadata"].get(key), metadata.get(key))
    before = parse(last["matrix"], where)
    if before.numbers != matrix.numbers:
        raise _refused(where, "numbers", before.numbers, matrix.numbers)
    known = {cell.id: cell for cell in cells_of(before)}
    begun = {key.rpartition("#")[0] for key in journal.keys}
    for cell in cells:
        earlier = known.get(cell.id)
        if cell.id not in begun or earlier is None:
            continue
        if earlier.engine != cell.engine:
            raise _refused(where, f"engine of {cell.id}", earlier.engine, cell.engine)
    for name in {cell.model for cell in cells} & before.models.keys():
        for key in WEIGHTS:
            now, then = getattr(matrix.models[name], key), getattr(before.models[name], key)
            if now != then:
                raise _refused(where, f"models.{name}: {key}", then, now)


def _refused(where: str, what: str, before: object, now: object) -> InputError:
    return InputError(
        f"{where}: {what}: was {before} when this record was begun and is {now}; name another"
        " folder with --out, or give it as it was"
    )
