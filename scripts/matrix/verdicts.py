"""What became of every cell: its levels judged from the record, and one word for the whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from scripts.engine.outcome import Outcome
from scripts.matrix.cells import AGAIN, BASELINE, Cell, cells_of
from scripts.matrix.levels import (
    combinations,
    correctness,
    path,
    performance,
    regression,
    smoke,
    stress,
)
from scripts.matrix.levels.level import Verdict, Word
from scripts.matrix.levels.noise import BYTES, known, noise_of
from scripts.matrix.record import (
    BOOT,
    FAULT,
    GATE,
    JUDGED,
    NUMBERS,
    OBSERVED,
    PERFORMANCE,
    REFERENCE,
    UNTIMED,
    Record,
)
from scripts.matrix.switches import Matrix, drawn_as

Metrics = dict[str, float]


class State(StrEnum):
    """One word for a cell."""

    VALID = "valid"  # all its levels up to 4 passed; its numbers count
    INVALID = "invalid"  # its path was not taken; its numbers are of something else
    NOT_SUPPORTED = "not_supported"  # the runtime has it not on this GPU
    FAILED = "failed"  # it ran, and a level did not pass
    PATH_ONLY = "path_only"  # passed; its times are no result
    GATED = "gated"  # what it needs did not pass
    NOT_MEASURED = "not_measured"
    OUTCOME = "outcome"  # a fault was planted; the reason says what came of it


_PASSED = (State.VALID, State.PATH_ONLY)


PLANTED_SHARE, PLANTED_BYTES = 0.04, 1_200_000_000


@dataclass(frozen=True)
class Check:
    """Level 5 put to the test: ``planted``: nothing, slower or heavier."""

    model: str
    cell: str
    planted: str
    verdict: Verdict


@dataclass(frozen=True)
class Judged:
    """A cell with its verdict by level, and a reason for its state."""

    cell: Cell
    state: State
    reason: str
    levels: Mapping[str, Verdict]
    metrics: Metrics
    waits: bool = False  # longer for the host than a kernel runs, in a decode step


def judge(matrix: Matrix, record: Record) -> list[Judged]:
    """Every cell, in the order of the phases."""
    cells = cells_of(matrix)
    found: dict[str, Judged] = {}
    for cell in cells:
        one = _whole(cell, _observed(cell, matrix, record), record)
        missing = [name for name in cell.needs if found[name].state not in _PASSED]
        if missing and one.state in _PASSED:
            one = replace(one, state=State.GATED, reason=f"{', '.join(missing)} did not pass")
        found[cell.id] = one
    return [_compared(one, matrix, found) for one in found.values()]


def fit(name: str, matrix: Matrix, record: Record) -> bool:
    """Whether a cell may be built upon: booted, and no level that it was asked for failed."""
    cell = next(one for one in cells_of(matrix) if one.id == name)
    boot = record.of(name, BOOT)
    if boot is None or not boot.ok:
        return False
    levels = _observed(cell, matrix, record)
    return not any(levels[level].word is Word.FAILED for level in UNTIMED)


def _observed(cell: Cell, matrix: Matrix, record: Record) -> dict[str, Verdict]:
    """Levels 1 to 4, from what was seen of this cell and of the baseline."""
    found = {}
    for level in OBSERVED:
        result = record.of(cell.id, level)
        if level not in cell.levels:
            found[level] = Verdict(Word.NOT_APPLICABLE, "left out for this model")
        elif result is None:
            found[level] = Verdict(Word.NOT_MEASURED, _absent(cell, level))
        elif not result.ok:
            found[level] = Verdict(Word.FAILED, f"{result.outcome}: {result.reason}")
        else:
            found[level] = _of_level(level, cell, matrix, record)
    return found


def _absent(cell: Cell, level: str) -> str:
    if cell.planted is not None:
        return "not asked of a planted cell"
    return "not asked" if level in OBSERVED else ""


def _of_level(level: str, cell: Cell, matrix: Matrix, record: Record) -> Verdict:
    result = record.of(cell.id, level)
    assert result is not None
    seen, numbers = result.seen, matrix.numbers
    if level == "smoke":
        return smoke.judge(seen, numbers)
    if level == "path":
        return path.judge(seen, cell, result.about.get("log", ()))
    if level == "stress":
        return stress.judge(seen, numbers)
    if level == PERFORMANCE:
        return performance.judge(seen)
    base = f"{cell.model}/{BASELINE}"
    baseline = None if cell.id == base else record.seen(base, "correctness")
    reference = record.seen(f"{drawn_as(matrix, cell.model)}/{REFERENCE}", REFERENCE)
    return correctness.judge(
        seen, numbers, baseline, reference, cell.own_outputs, baseline_wanted=cell.id != base
    )


def _whole(cell: Cell, levels: Mapping[str, Verdict], record: Record) -> Judged:
    seen = record.seen(cell.id, PERFORMANCE)
    metrics = performance.metrics(seen) if seen is not None else {}
    waits = seen is not None and seen["decode"]["idle_us"] > seen["decode"]["busy_us"]
    state, reason = _state(cell, levels, record)
    return Judged(cell, state, reason, levels, metrics, waits)


def _state(cell: Cell, levels: Mapping[str, Verdict], record: Record) -> tuple[State, str]:
    fault = record.of(cell.id, FAULT)
    if fault is not None:
        return State.OUTCOME, f"{fault.outcome}: {fault.reason}"
    seen = record.of(cell.id, "path")
    if seen is not None and seen.ok and levels["path"].word is Word.FAILED:
        return State.INVALID, levels["path"].reason
    if cell.rides:
        there = levels[PERFORMANCE].word is Word.PASSED
        return (State.VALID, "") if there else (State.NOT_MEASURED, "not reached")
    return _booted(cell, record) or _passed(cell, levels, record)


def _passed(cell: Cell, levels: Mapping[str, Verdict], record: Record) -> tuple[State, str]:
    """The state of a cell whose engine booted and took its path."""
    gate = record.of(cell.id, GATE)
    if gate is not None:
        return State.GATED, gate.reason
    failed = [f"level {NUMBERS[name]}: {levels[name].reason}" for name in OBSERVED
              if levels[name].word is Word.FAILED]  # fmt: skip
    if failed:
        return State.FAILED, "; ".join(failed)
    missing = [NUMBERS[name] for name in OBSERVED if levels[name].word is Word.NOT_MEASURED]
    if missing:
        return State.NOT_MEASURED, f"levels {', '.join(missing)} were not reached"
    return (State.PATH_ONLY if cell.path_only else State.VALID), ""


def _booted(cell: Cell, record: Record) -> tuple[State, str] | None:
    """The state of a cell whose engine did not boot; None of one that did."""
    boot = record.of(cell.id, BOOT)
    if boot is None:
        if cell.unsupported and not cell.refusal:
            return State.NOT_SUPPORTED, cell.unsupported
        return State.NOT_MEASURED, "not reached"
    if boot.ok:
        return None
    if boot.outcome is Outcome.FILE_NOT_READ:
        return State.INVALID, boot.reason
    if cell.refusal and re.search(cell.refusal, boot.reason):
        return State.NOT_SUPPORTED, f"{cell.unsupported}; the engine: {boot.reason[:200]}"
    return State.FAILED, f"{boot.outcome}: {boot.reason}"


def boots(model: str, found: Mapping[str, Judged], without: str = "") -> list[Metrics]:
    """Metrics of the baseline's boots that may serve as a noise floor, ``without`` one of them."""
    return [
        one.metrics
        for one in found.values()
        if one.cell.model == model
        and one.cell.kind in (BASELINE, AGAIN)
        and one.metrics
        and one.cell.id != without
    ]


def others(model: str, found: Mapping[str, Judged]) -> list[list[Metrics]]:
    """Boots of the other models' baselines: all metrics of those that wait for the same as this
    one's, the GPU's times of the rest. On several GPUs a kernel that waits for the other GPU runs,
    so that they lend and borrow only among each other."""  # noqa: D205,D209
    gpus = {one.cell.model: one.cell.gpus for one in found.values()}
    models = [one for one in gpus if gpus[one] == gpus.get(model)]
    alike = {one: _waits(one, found) == _waits(model, found) for one in models}
    return [
        [{name: value for name, value in boot.items() if alike[one] or name.endswith("_gpu")}
         for boot in boots(one, found)]
        for one in models if one != model
    ]  # fmt: skip


def _waits(model: str, found: Mapping[str, Judged]) -> bool:
    """Whether a decode step of its baseline waits for the host longer than a kernel runs in it."""
    return any(one.waits for one in found.values()
               if one.cell.model == model and one.cell.kind == BASELINE)  # fmt: skip


def _compared(one: Judged, matrix: Matrix, found: Mapping[str, Judged]) -> Judged:
    """With levels 5 and 6, which are held against other cells."""
    levels = dict(one.levels) | dict.fromkeys(JUDGED, Verdict(Word.NOT_APPLICABLE))
    cell, numbers = one.cell, matrix.numbers
    if one.state in _PASSED and cell.kind != BASELINE:
        # A boot of the baseline is held against the others, not against itself.
        mine, rest = boots(cell.model, found, cell.id), others(cell.model, found)
        levels["regression"] = regression.judge(one.metrics, mine, numbers, rest)
        if cell.kind == "pair":
            halves = [found[f"{cell.model}/{name}"] for name in cell.features]
            first, second = (
                half.metrics if half.state in _PASSED and half.metrics else None for half in halves
            )
            levels["combinations"] = combinations.judge(
                one.metrics, first, second, mine, numbers, rest
            )
    return replace(one, levels=levels)


def checks(matrix: Matrix, judged: Sequence[Judged]) -> list[Check]:
    """What level 5 says of each model's baseline: as it is, and with faults put into its numbers.

    As it is: each boot against the others. Put in: the mean of the boots, PLANTED_SHARE slower in
    all times, or PLANTED_BYTES heavier. A model whose noise is not known has none.
    """
    by_id, found = {one.cell.id: one for one in judged}, []
    for model in matrix.models:
        every = {
            one.cell.id: one.metrics
            for one in judged
            if one.cell.model == model and one.cell.kind in (BASELINE, AGAIN) and one.metrics
        }
        rest = others(model, by_id)
        noise = noise_of(list(every.values()), rest)
        if len(every) < 2 or not known(noise):
            continue
        mean = {name: one.mean for name, one in noise.items()}
        mean[BYTES] = max(one[BYTES] for one in every.values())
        slow = {name: value * (1 + PLANTED_SHARE * (name != BYTES)) for name, value in mean.items()}
        heavy = mean | {BYTES: mean[BYTES] + PLANTED_BYTES}
        for name, own in every.items():
            verdict = regression.judge(own, boots(model, by_id, name), matrix.numbers, rest)
            found.append(Check(model, name, "nothing", verdict))
        for what, own in (("slower", slow), ("heavier", heavy)):
            verdict = regression.judge(own, list(every.values()), matrix.numbers, rest)
            found.append(Check(model, f"{model}/{BASELINE}", what, verdict))
    return found
