"""Per-kernel change between two sets: unit of noise is the boot, the error shrunk across kernels.

Each boot gives a kernel one number, the median over its repeats of the mean time of a call. With
two or three boots a kernel's own spread is hardly known, so that the variances of all kernels of
the comparison are moderated together (empirical Bayes): G. Smyth, "Linear models and empirical
Bayes methods", Statistical Applications in Genetics and Molecular Biology 3 (2004), section 6.2.
Equivalence is shown by two one-sided tests (TOST), never by "not significant"; that a kernel has
changed, by Holm's procedure over all kernels against the bound and not against zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from scripts.evidence.kinds import KINDS, kind_of
from scripts.lib.judging.holm import holm

Floats = NDArray[np.float64]
BOUND = 0.02  # of equivalence, relative
ALPHA, POWER = 0.05, 0.80
# Of a phase's time; a smaller kernel is shown, and judges through the sums that it is part of: what
# torch.compile makes is tuned anew in each boot, and differs by a fifth and more where it is small.
LEAST_SHARE = 0.05
MOST = 64  # boots that anyone would spend on a set
ALL = "all kernels"
EQUAL, CHANGED, UNSEEN = "equal", "changed", "undecided"
Key = tuple[str, str, str]  # leg, phase, kernel or a sum


class Series(NamedTuple):
    """A kernel in one leg of one set. ``us``: a value for each boot; ``calls``: those it made in
    a repeat, each number once; ``share``: of the phase's time."""  # noqa: D205,D209

    us: Floats
    calls: tuple[int, ...]
    share: float
    summed: bool


@dataclass(frozen=True)
class Change:
    """``ratio``: second over first; ``visible``: the smallest change that would have been seen;
    ``boots_wanted``: by boots_for."""  # noqa: D205,D209

    leg: str
    phase: str
    kernel: str
    kind: str
    share: float
    judged: bool
    calls_first: tuple[int, ...]
    calls_second: tuple[int, ...]
    us_first: float
    us_second: float
    ratio: float
    low: float
    high: float
    p_equal: float
    p_changed: float
    visible: float
    boots_wanted: int | None
    word: str

    @property
    def calls_equal(self) -> bool:
        """Whether both sets made the same number of calls, in every repeat the same."""
        return self.calls_first == self.calls_second and len(self.calls_first) == 1


def series(legs: Mapping[str, Any]) -> dict[Key, Series]:
    """Every kernel of a set, and the sums of each part and of all, a step of the engine."""
    out: dict[Key, Series] = {}
    for leg, held in legs.items():
        for phase in ("decode", "prefill"):
            out |= {(leg, phase, k): one for k, one in _phase(held["kernels"], phase).items()}
    return out


def _phase(kernels: Mapping[str, Any], phase: str) -> dict[str, Series]:
    rows = [row for row in kernels["rows"] if row[2] == phase]
    repeats = sorted({(row[0], row[1]) for row in rows})
    at = {one: place for place, one in enumerate(repeats)}
    names = kernels["names"]
    calls = {name: np.zeros(len(repeats), dtype=np.int64) for name in names}
    total = {name: np.zeros(len(repeats)) for name in names}
    for boot, repeat, _, name, count, us, steps in rows:
        calls[names[name]][at[boot, repeat]] += count
        total[names[name]][at[boot, repeat]] += us / steps
    boots = [boot for boot, _ in repeats]
    steps_of = {(row[0], row[1]): row[6] for row in rows}
    steps_each = np.array([steps_of[one] for one in repeats], dtype=np.float64)
    whole: Floats = np.asarray(sum(total.values(), np.zeros(len(repeats))), dtype=np.float64)
    out = {}
    for name in names:
        if calls[name].any():
            mean = total[name] * steps_each / np.maximum(calls[name], 1)
            out[name] = _series(mean, calls[name], boots, total[name].sum() / whole.sum(), False)
    for kind in KINDS:
        summed = np.asarray(sum((total[n] for n in names if kind_of(n) == kind),
                                np.zeros(len(repeats))), dtype=np.float64)  # fmt: skip
        count = np.sum([calls[n] for n in names if kind_of(n) == kind], axis=0)
        if summed.any():
            out[f"all {kind}"] = _series(summed, count, boots, summed.sum() / whole.sum(), True)
    if repeats:
        out[ALL] = _series(whole, np.sum(list(calls.values()), axis=0), boots, 1.0, True)
    return out


def _series(
    us: Floats, calls: NDArray[np.int64], boots: Sequence[str], share: float, summed: bool
) -> Series:
    medians = [float(np.median(us[[b == one for b in boots]])) for one in dict.fromkeys(boots)]
    return Series(np.array(medians), tuple(sorted({int(n) for n in calls})), float(share), summed)


def changes(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Change]:
    """Of each kernel of either set, legs in the first's order, the largest share first."""
    ours, theirs = series(first), series(second)
    found: dict[Key, tuple[float, float]] = {}
    for judged in (True, False):  # small kernels' noise tells nothing of the large ones'
        both = [key for key in ours if key in theirs
                and _judged(ours[key], theirs[key]) is judged]  # fmt: skip
        pairs = [(np.log(ours[key].us), np.log(theirs[key].us)) for key in both]
        found |= zip(both, moderated(pairs), strict=True)
    absent = Series(np.array([np.nan]), (0,), 0.0, False)
    drafts = []
    for key in (*ours, *(key for key in theirs if key not in ours)):
        a, b = ours.get(key, absent), theirs.get(key, absent)
        drafts.append(_change(key, a, b, *found.get(key, (np.nan, np.nan))))
    return sorted(with_words(drafts), key=_order(first))


def _judged(a: Series, b: Series) -> bool:
    return max(a.share, b.share) >= LEAST_SHARE


def _order(first: Mapping[str, Any]) -> Any:
    place = {leg: n for n, leg in enumerate(first)}
    return lambda one: (place.get(one.leg, len(place)), one.phase, -one.share, one.kernel)


def moderated(pairs: Sequence[tuple[Floats, Floats]]) -> list[tuple[float, float]]:
    """(standard error of the difference of means, degrees of freedom) of each pair of samples.

    Not a number where no sample of any pair has two values: nothing is known of the noise then.
    """
    spent = np.array([len(a) + len(b) - 2 for a, b in pairs], dtype=np.float64)
    squares = np.array([a.var() * len(a) + b.var() * len(b) for a, b in pairs])
    known = (spent > 0) & (squares > 0)
    if not known.any():
        return [(float("nan"), float("nan"))] * len(pairs)
    prior, before = _prior(squares[known] / spent[known], spent[known])
    out = []
    for (a, b), square, free in zip(pairs, squares, spent, strict=True):
        if np.isinf(before):
            variance, total = prior, 1e6
        else:
            variance, total = (before * prior + square) / (before + free), before + free
        out.append((float(np.sqrt(variance * (1 / len(a) + 1 / len(b)))), float(total)))
    return out


def _prior(variances: Floats, free: Floats) -> tuple[float, float]:
    """The prior's variance and degrees of freedom, by the moments of the logarithms."""
    e = np.log(variances) - special.digamma(free / 2) + np.log(free / 2)
    middle = float(e.mean())
    if len(e) < 2:
        return float(np.exp(middle)), 0.0
    excess = float(e.var(ddof=1) - special.polygamma(1, free / 2).mean())
    if excess <= 0:  # no more spread than chance gives: one variance for all
        return float(np.exp(middle)), float("inf")
    half = _inverse_trigamma(excess)
    return float(np.exp(middle + special.digamma(half) - np.log(half))), 2 * half


def _inverse_trigamma(value: float) -> float:
    """By Newton's steps on the reciprocal, as Smyth's appendix has it."""
    x = 0.5 + 1 / value
    for _ in range(50):
        trigamma = float(special.polygamma(1, x))
        step = trigamma * (1 - trigamma / value) / float(special.polygamma(2, x))
        x += step
        if -step / x < 1e-8:
            break
    return x


def _change(key: Key, a: Series, b: Series, error: float, free: float) -> Change:
    leg, phase, kernel = key
    shift = float(np.log(b.us).mean() - np.log(a.us).mean())
    reach = special.stdtrit(free, 1 - ALPHA / 2) * error
    lower, upper = np.log1p(-BOUND), np.log1p(BOUND)
    below, above = (shift - lower) / error, (upper - shift) / error
    equal = max(special.stdtr(free, -below), special.stdtr(free, -above))
    beyond = min(1.0, 2 * min(special.stdtr(free, below), special.stdtr(free, above)))
    visible = (special.stdtrit(free, 1 - ALPHA / 2) + special.stdtrit(free, POWER)) * error
    wanted = boots_for(error / np.sqrt(1 / len(a.us) + 1 / len(b.us)), free)
    share = max(a.share, b.share)
    kind = kernel.removeprefix("all ") if a.summed or b.summed else kind_of(kernel)
    return Change(
        leg, phase, kernel, kind, share, _judged(a, b), a.calls, b.calls,
        float(np.exp(np.log(a.us).mean())), float(np.exp(np.log(b.us).mean())),
        float(np.exp(shift)), float(np.exp(shift - reach)), float(np.exp(shift + reach)),
        float(equal), float(beyond), float(np.expm1(visible)), wanted, UNSEEN,
    )  # fmt: skip


def boots_for(deviation: float, free: float) -> int | None:
    """Fewest boots in each of two sets that show a kernel that has not changed to be equal, with
    POWER. ``deviation``: of a boot's logarithm. None: more than MOST, or nothing is known of it."""  # noqa: D205,D209
    if not deviation > 0:  # nor a number
        return None
    apart = special.ndtri((1 + POWER) / 2) + special.stdtrit(free, 1 - ALPHA)
    boots = max(2, int(np.ceil(min(2 * (deviation * apart / np.log1p(BOUND)) ** 2, MOST + 1))))
    return boots if boots <= MOST else None


def with_words(found: Sequence[Change]) -> list[Change]:
    """Each with its word: CHANGED by Holm's procedure over those judged, else EQUAL by TOST."""
    judged = [one for one in found if one.judged and np.isfinite(one.p_changed)]
    adjusted = holm([one.p_changed for one in judged])
    moved = {
        (one.leg, one.phase, one.kernel)
        for one, p in zip(judged, adjusted, strict=True)
        if p <= ALPHA
    }
    return [_with_word(one, (one.leg, one.phase, one.kernel) in moved) for one in found]


def _with_word(one: Change, moved: bool) -> Change:
    word = CHANGED if moved else EQUAL if one.p_equal < ALPHA else UNSEEN
    return Change(**{**vars(one), "word": word})


def judged_words(found: Iterable[Change]) -> dict[str, int]:
    """How many of those judged have each word."""
    words = [one.word for one in found if one.judged]
    return {word: words.count(word) for word in (EQUAL, CHANGED, UNSEEN)}
