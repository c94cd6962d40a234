"""Two sets of answers compared question by question, and what so many questions could have shown.

Source of the tests: Q. McNemar (1947), exact by the binomial distribution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy import special

from scripts.evidence.collect import NOT_ASKED, RIGHT, TIMEOUT
from scripts.lib.judging.holm import holm

FEW, WITHIN = 50, 2  # questions that are looked at alone; right answers that may differ
ALPHA, POWER = 0.05, 0.80
SAME, CHANGED, UNSEEN, NONE = "same", "changed", "undecided", "not asked"


@dataclass(frozen=True)
class Accuracy:
    """One leg's answers. ``lost``: right in the first set and wrong in the second, ``won`` the
    other way round; timeouts of either set are apart from both. ``visible``: smallest difference
    of the share of right answers that McNemar's test finds four times in five."""  # noqa: D205,D209

    leg: str
    asked: int
    right_first: int
    right_second: int
    few_first: int
    few_second: int
    timeouts_first: int
    timeouts_second: int
    lost: int
    won: int
    p: float
    p_timeouts: float
    visible: float
    word: str


def compare(
    first: Mapping[str, Any], second: Mapping[str, Any], legs: Sequence[str]
) -> list[Accuracy]:
    """Each leg's answers in both sets, Holm's procedure over the legs."""
    found = [_leg(leg, first[leg]["answers"], second[leg]["answers"]) for leg in legs]
    moved = iter(holm([min(one.p, one.p_timeouts) for one in found if one.asked]) <= ALPHA)
    return [_judged(one, bool(next(moved))) if one.asked else one for one in found]


def _leg(leg: str, a: Sequence[str], b: Sequence[str]) -> Accuracy:
    pairs = [(x, y) for x, y in zip(a, b, strict=False) if NOT_ASKED not in (x, y)]
    told = [(x == RIGHT, y == RIGHT) for x, y in pairs if TIMEOUT not in (x, y)]
    late = [(x == TIMEOUT, y == TIMEOUT) for x, y in pairs]
    lost, won = told.count((True, False)), told.count((False, True))
    few = pairs[:FEW]
    return Accuracy(
        leg, len(pairs),
        sum(x == RIGHT for x, _ in pairs), sum(y == RIGHT for _, y in pairs),
        sum(x == RIGHT for x, _ in few), sum(y == RIGHT for _, y in few),
        sum(x for x, _ in late), sum(y for _, y in late),
        lost, won, mcnemar(lost, won),
        mcnemar(late.count((True, False)), late.count((False, True))),
        visible(len(told), lost + won), NONE,
    )  # fmt: skip


def mcnemar(lost: int, won: int) -> float:
    """Two-sided exact probability that as unequal a split of those that differ is chance."""
    if lost + won == 0:
        return 1.0
    return min(1.0, 2 * float(special.bdtr(min(lost, won), lost + won, 0.5)))


def equivalent(lost: int, won: int, asked: int) -> bool:
    """Whether the rates are shown to differ by less than WITHIN of FEW, by two one-sided tests.

    One more question than differ is counted as differing: none seen is not none to be seen.
    """
    error = (lost + won + 1) ** 0.5 / asked
    return bool(abs(won - lost) / asked + special.ndtri(1 - ALPHA) * error < WITHIN / FEW)


def visible(asked: int, differing: int) -> float:
    """Smallest difference of the rates that is found with POWER, if so many questions differ.

    The fewest that must all have gone one way, on top of those that differ either way at random.
    """
    if not asked:
        return float("nan")
    for extra in range(1, asked + 1):
        both = differing + extra
        split = (k for k in range(both // 2, both + 1) if mcnemar(both - k, k) <= ALPHA)
        least = next(split, None)
        chance = 0.5 + extra / (2 * both)
        if least is not None and special.bdtrc(least - 1, both, chance) >= POWER:
            return extra / asked
    return 1.0


def _judged(one: Accuracy, moved: bool) -> Accuracy:
    apart = abs(one.few_first - one.few_second) > WITHIN
    shown = not apart and equivalent(one.lost, one.won, one.asked)
    word = CHANGED if moved else SAME if shown else UNSEEN
    return Accuracy(**{**vars(one), "word": word})
