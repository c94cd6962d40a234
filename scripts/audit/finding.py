"""What a probe says of a tuner, and what it is given to find it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np

from scripts.audit.bench import FAIR, Array, Bench, How, NotKnown, Places, Problem, Scope
from scripts.audit.tuner import Profile, Tuner

SURE = 4.5  # deviations of a median that a difference must exceed; 1 in 100,000 of no difference
ROUNDS = 64  # of a paired comparison
# Closer than this, one tactic is as good as another: what a steady choice may cost.
PAIR_MARGIN = 0.01
RATIO = "ratio - 1"  # unit of an effect: how much slower


class Verdict(StrEnum):
    """The three answers."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Finding:
    """``effect``: how much, ``smallest``: the least that would have been seen; both in ``unit``.

    ``score``: what decides over the threshold set for it, found above 1; None of probes that show
    by what is looked up, and have none.
    """

    verdict: Verdict
    evidence: str
    effect: float | None = None
    smallest: float | None = None
    unit: str = RATIO
    score: float | None = None


def not_applicable(why: object) -> Finding:
    """The probe could not ask."""
    return Finding(Verdict.NOT_APPLICABLE, str(why))


def judged(
    found: bool,
    evidence: str,
    effect: float,
    smallest: float,
    unit: str = RATIO,
    score: float | None = None,
) -> Finding:
    """Found or not, with both figures."""
    verdict = Verdict.FOUND if found else Verdict.NOT_FOUND
    kept = None if score is None else float(score)
    return Finding(verdict, evidence, float(effect), float(smallest), unit, kept)


def scored(
    score: float, evidence: str, effect: float, smallest: float, unit: str = RATIO
) -> Finding:
    """Found where the score is above 1."""
    return judged(score > 1, evidence, effect, smallest, unit, score)


@dataclass
class Subject:
    """A tuner, the bench it is tried on, and problems of one layer, by ascending tokens.

    ``most``: tokens up to which it will be run; by default those of the last problem.
    """

    tuner: Tuner
    bench: Bench
    problems: Sequence[Problem]
    most: int = 0

    def __post_init__(self) -> None:
        self.most = max(self.most, self.problems[-1].cell.tokens)

    @cached_property
    def profiles(self) -> list[Profile]:
        """Of all problems, in their order; from then on the tuner is tuned."""
        return [self.tuner.profile(problem, self.bench) for problem in self.problems]

    @cached_property
    def tuned(self) -> Tuner:
        """The tuner, all problems tuned."""
        assert self.profiles
        return self.tuner

    def timed(self) -> list[Profile]:
        """Profiles of problems that the tuner timed as they are, and not by a bucket.

        NotKnown if there is none.
        """
        known = zip(self.problems, self.profiles, strict=True)
        found = [one for problem, one in known if one.problem == problem and len(one.places) > 1]
        if not found:
            raise NotKnown("it ranks nothing at a problem's own number of tokens")
        return found

    def launched(self, problem: Problem) -> int:
        """The tactic that the tuned tuner runs. NotKnown where it falls back on an unknown one."""
        place = self.tuned.run(problem).place
        if place is None:
            raise NotKnown("what is launched without tuning is not known")
        return place

    def sound(self, problem: Problem, places: Places) -> Places:
        """Those of the tactics that compute what most do."""
        digests = self.bench.digests(problem, places)
        return np.asarray(places[digests == np.bincount(digests).argmax()])

    def reported(self, profile: Profile, how: How = FAIR) -> Array:
        """Logarithm of what the tuner took tactics for over a timing under these conditions, of
        what its figures are meant to cover."""  # noqa: D205,D209
        if how.scope is Scope.WHOLE:
            how = replace(how, scope=self.tuner.covers)
        return np.log(profile.us / self.bench.time(profile.problem, profile.places, how))

    def behind(self, problem: Problem, place: int, other: int) -> tuple[float, float]:
        """Log ratio of one tactic to another by interleaved rounds, and how far off it may be."""
        us = np.log(self.bench.rounds(problem, np.array([place, other]), ROUNDS))
        ratios = np.sort(us[:, 0] - us[:, 1])
        reach = int(SURE * ROUNDS**0.5 / 2)
        middle = float(np.median(ratios))
        ends = ratios[[ROUNDS // 2 - reach, ROUNDS // 2 + reach - 1]]
        return middle, float(np.abs(ends - middle).max())


Probe = Callable[[Subject], Finding]


def answered(probe: Probe, subject: Subject) -> Finding:
    """The probe's finding; what the bench does not know makes it not applicable."""
    try:
        return probe(subject)
    except NotKnown as why:
        return not_applicable(why)
