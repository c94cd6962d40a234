"""Tables of a live audit's grid: pairs of tuners, choices over restarts, shapes of launches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.audit.live.agenda import FLASHINFER, PAIRS, RECREATED
from scripts.audit.live.answers import Answer, Chosen, choices
from scripts.lib.judging.decision import decide
from scripts.lib.judging.medians import median_interval

Row = dict[str, Any]
Array = NDArray[np.float64]
Cell = tuple[str, str, int, int]
Kernels = Mapping[tuple[int, int, str], Mapping[str, float]]


def cell_of(answer: Answer) -> Cell:
    """Device, layer, degree, tokens."""
    return answer.device, answer.layer, *answer.cell


def key_of(cell: Cell) -> Row:
    """As the tables have it."""
    return dict(zip(("device", "layer", "ep", "tokens"), cell, strict=True))


def rounded(value: float | None) -> float | None:
    """Ten digits, as everywhere; None for what is not a number."""
    return None if value is None or not np.isfinite(value) else float(f"{value:.10g}")


def picks(answers: Sequence[Answer]) -> Iterator[Row]:
    """LIVE_PICKS rows."""
    by: dict[tuple[Cell, str], list[Chosen]] = {}
    for one in choices(answers):
        by.setdefault((cell_of(one.answer), one.tuner), []).append(one)
    for (cell, tuner), found in by.items():
        fine = [one for one in found if one.pick is not None]
        failed = [one.told["reason"] for one in found if one.pick is None]
        row: Row = key_of(cell) | {
            "tuner": tuner, "restarts": len(fine), "failed": len(failed),
            "reason": failed[0] if failed else None,
        }  # fmt: skip
        yield row | _steadiness(fine)


def _steadiness(fine: Sequence[Chosen]) -> Row:
    if not fine:
        names = ("same", "config_id", "bits", "timed_at", "margin", "seconds", "ranked",
                 "named", "decided")  # fmt: skip
        return {"choices": 0} | dict.fromkeys(names)
    counts = Counter(one.pick for one in fine)
    commonest, often = commonest_of([str(one.pick) for one in fine])
    shares = np.array(list(counts.values())) / len(fine)
    return {
        "choices": len(counts),
        "same": rounded(often / len(fine)),
        "config_id": commonest,
        "bits": rounded(abs(float((shares * np.log2(shares)).sum()))),
        "timed_at": fine[0].told["timed_at"],
        "margin": middle([one.told["margin"] for one in fine]),
        "seconds": middle([one.told["seconds"] for one in fine]),
        "ranked": middle([one.told["ranked"] for one in fine]),
    } | _named([one.told["rivals"] for one in fine if "rivals" in one.told], commonest)


def _named(rivals: Sequence[Sequence[str]], commonest: str) -> Row:
    """Of a tuner that names what else may be chosen."""
    if not rivals:
        return {"named": None, "decided": None}
    return {
        "named": rounded(sum(commonest in one for one in rivals) / len(rivals)),
        "decided": rounded(sum(len(one) == 1 for one in rivals) / len(rivals)),
    }


def commonest_of(chosen: Sequence[str]) -> tuple[str, int]:
    """The config chosen most often, the first by name among several, and how often."""
    return min(Counter(chosen).items(), key=lambda one: (-one[1], one[0]))


def middle(values: Sequence[float | None]) -> float | None:
    """Median of those that are numbers."""
    known = [value for value in values if value is not None]
    return rounded(float(np.median(known))) if known else None


@dataclass
class Compared:
    """One pair on one cell over the processes. ``rounds``: logarithms of the second's pass over
    the first's, a list a process in which they differ; ``same``: of A/A pairs, medians."""  # noqa: D205,D209

    processes: int = 0
    matched: int = 0
    rounds: list[Array] = field(default_factory=list)
    same: list[float] = field(default_factory=list)
    bodies: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, body: Mapping[str, Any]) -> None:
        """Take what one process found."""
        logs = np.log(np.array(body["us"]))
        self.processes += 1
        self.bodies.append(body)
        if logs.shape[1] == 2:
            self.matched += 1
            self.same.append(float(np.median(logs[:, 1] - logs[:, 0])))
            return
        self.rounds.append(logs[:, 2:].mean(axis=1) - logs[:, :2].mean(axis=1))
        self.same += [float(np.median(logs[:, at + 1] - logs[:, at])) for at in (0, 2)]

    def figures(self, margin: float) -> Row:
        """Ratio, its sign over the processes, its spread, and the noise floor.

        The interval holds that of every process by its own rounds: rounds of one process are no
        clusters of their own, and processes may have chosen other configs.
        """
        floor = rounded(float(np.expm1(np.abs(self.same).max())))
        names = ("ratio", "low", "high", "word", "faster", "spread")
        row: Row = dict.fromkeys(names) | {"floor": floor}
        if not self.rounds:
            return row
        medians = [float(np.median(one)) for one in self.rounds]
        _, lows, highs = zip(*map(median_interval, self.rounds), strict=True)
        ratio, low, high = np.exp([np.median(np.concatenate(self.rounds)), min(lows), max(highs)])
        row |= {"ratio": rounded(ratio), "low": rounded(low), "high": rounded(high)}
        row["word"] = str(decide([low], [high], margin)[0])
        row["faster"] = sum(one < 0 for one in medians)
        row["spread"] = rounded(float(np.expm1(max(medians) - min(medians))))
        return row


def grid(answers: Sequence[Answer], margin: float) -> Iterator[Row]:
    """LIVE_GRID rows."""
    told: dict[tuple[Cell, str], list[Chosen]] = {}
    for one in choices(answers):
        told.setdefault((cell_of(one.answer), one.tuner), []).append(one)
    found: dict[tuple[Cell, str, str], Compared] = {}
    firsts: dict[tuple[Cell, str, str], str] = {}
    for answer in answers:
        if answer.task != "cell" or answer.answer is None:
            continue
        for body in answer.answer["pairs"]:
            key = cell_of(answer), body["first"], body["second"]
            firsts.setdefault(key, answer.process)
            found.setdefault(key, Compared()).add(body)
    kernels = kernels_of(answers)
    for (cell, first, second), pair in found.items():
        row: Row = key_of(cell) | {"first": first, "second": second, "reason": None,
               "processes": pair.processes, "matched": pair.matched}  # fmt: skip
        for side, tuner in (("first", first), ("second", second)):
            row |= _side(side, told[cell, tuner])
        timed = kernels.get(firsts[cell, first, second], {})
        yield row | _parity(pair) | pair.figures(margin) | _passes(pair.bodies[0], cell, timed)

    yield from lacking(answers, set(found))


def lacking(answers: Sequence[Answer], found: set[tuple[Cell, str, str]]) -> Iterator[Row]:
    """Rows of cells of the grid on which a pair was not compared, with the reason."""
    for answer in answers:
        if answer.task != "cell" or not answer.process.startswith(tuple(_ASKED)):
            continue
        for pair in _ASKED[answer.process.partition("-")[0]]:
            key = cell_of(answer), *pair
            if key in found:
                continue
            found.add(key)
            told = {} if answer.answer is None else answer.answer["tuners"]
            reasons = [f"{n}: {told[n]['reason']}" for n in pair if told.get(n, {}).get("reason")]
            row = key_of(key[0]) | {"first": pair[0], "second": pair[1]}
            reason = "; ".join(reasons) or answer.reason
            yield row | {"reason": reason, "processes": 0, "matched": 0}


# Pairs that a process of that kind compares on each of its cells.
_ASKED = {"grid": PAIRS, "recreated": (RECREATED,), "flashinfer": (FLASHINFER,)}


def _side(side: str, told: Sequence[Chosen]) -> Row:
    fine = [one for one in told if one.pick is not None]
    return {
        f"pick_{side}": commonest_of([str(one.pick) for one in fine])[0],
        f"margin_{side}": middle([one.told["margin"] for one in fine]),
        f"profiling_{side}": middle([one.told["calls"]["profiling"] for one in fine]),
    }


def _parity(one: Compared) -> Row:
    return {
        "parity": all(body["agree"] and all(body["correct"]) for body in one.bodies),
        "logits_diff": rounded(max(_number(body["logits_diff"]) for body in one.bodies)),
        "max_abs": rounded(max(_number(body["max_abs"]) for body in one.bodies)),
        "running": middle([body["calls"]["running"] for body in one.bodies]),
    }


def _number(value: float | None) -> float:
    return np.inf if value is None else value


def _passes(body: Mapping[str, Any], cell: Cell, kernels: Kernels) -> Row:
    """Whole passes of the first process, and the sums of its kernels."""
    medians = np.median(np.array(body["us"]), axis=0)
    sides = {"first": medians[:1], "second": medians[1:]}
    if len(medians) > 2:
        sides = {"first": medians[:2], "second": medians[2:]}
    row: Row = {}
    for at, (side, values) in enumerate(sides.items()):
        timed = kernels.get((cell[2], cell[3], body["picks"][at]))
        row[f"pass_{side}"] = rounded(float(values.mean()))
        row[f"kernels_{side}"] = None if timed is None else rounded(timed["kernels_us"])
    return row


def kernels_of(answers: Sequence[Answer]) -> dict[str, Kernels]:
    """By process, what the driver recorded of its graphs."""
    return {
        one.process: {
            (row["ranks"], row["tokens"], row["config"]): row for row in one.answer["kernels"]
        }
        for one in answers
        if one.task == "kernels" and one.answer is not None
    }


def shapes(answers: Sequence[Answer]) -> Iterator[Row]:
    """LIVE_SHAPES rows, of the first process that compared a pair."""
    seen = set()
    for answer in answers:
        if answer.task != "cell" or answer.answer is None:
            continue
        for body in answer.answer["pairs"]:
            key = cell_of(answer), body["first"], body["second"]
            if key in seen:
                continue
            seen.add(key)
            row = key_of(key[0]) | {"first": key[1], "second": key[2]}
            for gemm, words, calls in body["shapes"]:
                yield row | {"gemm": gemm, "shapes": words, "calls": calls}


def ended(answers: Sequence[Answer]) -> list[tuple[str, int]]:
    """Why processes ended before they answered, and how often."""
    reasons = sorted(str(one.reason) for one in answers if one.answer is None)
    return [(reason, len(list(same))) for reason, same in groupby(reasons)]
