"""Level 5 between two records of a matrix: what became of every number that both have."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from scripts.matrix import verdicts
from scripts.matrix.cells import AGAIN, BASELINE
from scripts.matrix.levels.noise import BYTES, LEVEL, Noise, noise_of
from scripts.matrix.levels.regression import slower
from scripts.matrix.premises import Bears, Premise, premises, unlike
from scripts.matrix.reading import parse
from scripts.matrix.record import Record, read_record
from scripts.matrix.switches import Matrix, Numbers
from scripts.matrix.verdicts import Judged, State

COUNTED = (State.VALID,)  # states of cells that are compared; times of a path alone are no result


class Change(StrEnum):
    """What became of one metric of one cell."""

    REGRESSION = "regression"
    BETTER = "better"
    NONE = "none_shown"
    NOT_COMPARED = "not_compared"


@dataclass(frozen=True)
class Side:
    """One record, judged."""

    matrix: Matrix
    record: Record
    judged: Mapping[str, Judged]

    def metrics(self, cell: str) -> list[verdicts.Metrics]:
        """Its boots; of a baseline all of them. Empty if its numbers do not count."""
        one = self.judged.get(cell)
        if one is None or one.state not in COUNTED or not one.metrics:
            return []
        return (
            verdicts.boots(one.cell.model, self.judged)
            if one.cell.kind == BASELINE
            else [one.metrics]
        )


@dataclass(frozen=True)
class Compared:
    """``first``, ``second``: seconds or bytes. ``floor``: what two such may differ by, a share."""

    cell: str
    metric: str
    first: float
    second: float
    floor: float | None
    change: Change
    reason: str = ""

    @property
    def ratio(self) -> float:
        """Second over first."""
        return self.second / self.first


@dataclass(frozen=True)
class Comparison:
    """``missing``: cells of the first that the second has no numbers of."""

    premises: Sequence[Premise]
    rows: Sequence[Compared]
    missing: Sequence[str]

    @cached_property
    def regressions(self) -> list[Compared]:
        """Those that fired."""
        return [one for one in self.rows if one.change is Change.REGRESSION]

    @cached_property
    def compared(self) -> list[Compared]:
        """Those that were compared."""
        return [one for one in self.rows if one.change is not Change.NOT_COMPARED]


def side_of(path: Path) -> Side:
    """The record of a file. InputError for one that is none."""
    record = read_record(path)
    matrix = parse(record.runs[-1]["matrix"], str(path))
    return Side(matrix, record, {one.cell.id: one for one in verdicts.judge(matrix, record)})


def planted(side: Side, share: float, more: int) -> Side:
    """With all times longer by a share, and all peaks higher by so many bytes."""
    made = {
        name: replace(one, metrics={
            key: value + more if key == BYTES else value * (1 + share)
            for key, value in one.metrics.items()
        })
        for name, one in side.judged.items()
    }  # fmt: skip
    return replace(side, judged=made)


def between(first: Side, second: Side) -> list[Premise]:
    """The premises of a comparison."""
    metadata = (first.record.runs[-1]["metadata"], second.record.runs[-1]["metadata"])
    return premises(metadata, (first.matrix.numbers, second.matrix.numbers))


def compare(first: Side, second: Side) -> Comparison:
    """All cells of the first that both have numbers of."""
    found = between(first, second)
    rows, missing = [], []
    for cell, one in first.judged.items():
        if one.cell.kind in (AGAIN, "planted") or not first.metrics(cell):
            continue
        if second.metrics(cell):
            rows += list(_rows(cell, first, second, found))
        else:
            missing.append(cell)
    return Comparison(found, rows, missing)


def _rows(cell: str, first: Side, second: Side, found: Sequence[Premise]) -> Iterator[Compared]:
    here, there = first.metrics(cell), second.metrics(cell)
    changed = cell.partition("/")[0] not in second.matrix.models or unlike(
        cell, first.matrix, second.matrix
    )
    noise = _noise(first.judged[cell].cell.model, first, second)
    for metric in (name for name in here[0] if name in there[0]):
        values = (_mean([boot[metric] for boot in here]), _mean([boot[metric] for boot in there]))
        why = "its model or its settings are others" if changed else _unequal(metric, found)
        if why:
            yield Compared(cell, metric, *values, None, Change.NOT_COMPARED, why)
        elif metric == BYTES:
            yield _memory(cell, values, first.matrix.numbers)
        else:
            yield _time(cell, metric, values, noise[metric], (len(here), len(there)),
                        first.matrix.numbers)  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def _unequal(metric: str, found: Sequence[Premise]) -> str:
    """Why the metric is not compared; empty if it is."""
    clock = not (metric == BYTES or metric.endswith("_gpu"))
    bad = [one.name for one in found if not one.equal
           and (one.bears is Bears.ALL or (one.bears is Bears.CLOCK and clock))]  # fmt: skip
    return f"{', '.join(bad)}: not the same" if bad else ""


def _noise(model: str, first: Side, second: Side) -> Mapping[str, Noise]:
    """By metric, of the boots of both records; the mean is of no account."""
    groups = [
        group
        for side in (first, second)
        for group in (verdicts.boots(model, side.judged), *verdicts.others(model, side.judged))
        if group
    ]
    return noise_of(groups[0], groups[1:])


def _time(
    cell: str, metric: str, values: tuple[float, float], noise: Noise, boots: tuple[int, int],
    numbers: Numbers,
) -> Compared:  # fmt: skip
    wide = replace(noise, boots=boots[0]).within(LEVEL, boots[1])
    if not math.isfinite(wide):
        return Compared(cell, metric, *values, None, Change.NOT_COMPARED,
                        "no baseline was booted twice: no noise is known")  # fmt: skip
    ratio, change = values[1] / values[0], Change.NONE
    if slower(ratio, wide, numbers.regression):
        change = Change.REGRESSION
    elif slower(1 / ratio, wide, numbers.regression):
        change = Change.BETTER
    return Compared(cell, metric, *values, math.expm1(wide), change)


def _memory(cell: str, values: tuple[float, float], numbers: Numbers) -> Compared:
    more = values[1] - values[0]
    change = Change.REGRESSION if more > numbers.heavier else Change.NONE
    return Compared(
        cell, BYTES, *values, None, Change.BETTER if -more > numbers.heavier else change
    )
