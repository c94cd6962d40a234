"""A choice that comes out the same when a tuning is started again.

The fastest of many nearly equal tactics is a coin flip: whichever timing was luckiest wins. The
race does not ask for the fastest. It spends replays where they decide, in interleaved rounds, and
takes the first tactic in ascending order (the canonical one) of those within ``MARGIN`` of the best
few; rounds go on until every tactic that comes earlier is surely inside or surely outside, or the
budget is spent, and then the choice is named as undecided.

"The best" is a soft minimum, since which of several equal tactics leads is a coin flip too. Where
a tactic stands is the median of its replays over the leader's in the same rounds; its interval
follows from order statistics, whatever the noise, and the leader's is added in squares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scripts.audit.bench import Array, Bench, Places, Problem

# Log units, chosen by eye on the recorded cells on which the race is judged.
MARGIN = 0.0075  # as far behind the best as a choice may be
SOFT = 0.002  # width of the soft minimum
# (replays, further behind is out): the looks at the whole field before it settles.
LOOKS = ((1, 0.12), (4, 0.04), (16, 0.015))
TOP = 0.003  # these carry the soft minimum and are timed with what is open
SURE = 4.5  # deviations of the median at which a tactic is surely inside or outside
LEAST = 16  # rounds of any later look
# The published method replays each config's graph so often: 5 to warm up, 20 timed
# (scripts.measure.upstream_method).
ARGMIN_REPLAYS = 25
BUDGET = 0.25  # of the cost of that

Marks = NDArray[np.bool_]
Ask = Callable[[Places, int], Array]  # places, rounds -> us, shape (rounds, places)


@dataclass(frozen=True)
class Choice:
    """``place``: the tactic. ``tied``: all that cannot be told from the best few, ascending.

    ``decided``: no tactic that comes earlier was left open. ``cost``: microseconds of replays over
    those of the published method.
    """

    place: int
    tied: Places
    decided: bool
    cost: float


@dataclass
class _Field:
    """Who is still in the race, what they ran, and what it cost in microseconds."""

    places: Places
    us: Array
    spent: float
    logs: list[Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.logs = [np.empty(0) for _ in self.places]
        self.leader = int(np.argmin(self.us))

    def keep(self, inside: Marks) -> None:
        """Drop the others."""
        kept = np.flatnonzero(inside)
        self.places, self.us = self.places[kept], self.us[kept]
        self.logs = [self.logs[at] for at in kept]
        self.leader = int(np.flatnonzero(kept == self.leader)[0])

    def run(self, ask: Ask, who: Places, rounds: int) -> None:
        """Interleaved rounds of these and the leader, as logarithms over the leader's median."""
        who = np.union1d(who, [self.leader])
        us = np.log(ask(self.places[who], rounds))
        us -= np.median(us[:, np.searchsorted(who, self.leader)])
        for column, at in enumerate(who):
            self.logs[at] = np.append(self.logs[at], us[:, column])
        self.spent += rounds * float(self.us[who].sum())

    def intervals(self) -> tuple[Array, Array, Array]:
        """Where each stands, and how far it may surely be faster and slower than that."""
        found = np.array([_median(np.sort(values)) for values in self.logs])
        middle, below, above = found.T
        return middle, np.hypot(below, above[self.leader]), np.hypot(above, below[self.leader])


def _median(ordered: Array) -> tuple[float, float, float]:
    """Median of an ordered sample, and how far it surely reaches down and up."""
    count = len(ordered)
    reach = SURE * count**0.5 / 2
    low, high = max(0, int(count / 2 - reach)), min(count - 1, int(count / 2 + reach) + 1)
    middle = float(ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return middle, middle - float(ordered[low]), float(ordered[high]) - middle


def race(bench: Bench, problem: Problem, places: Places) -> Choice:
    """Choose among the tactics that run. ``places``: ascending; at least one has a latency."""

    def ask(who: Places, rounds: int) -> Array:
        return bench.rounds(problem, who, rounds)

    first = ask(places, 1)[0]
    runs = np.isfinite(first)
    places, first = places[runs], first[runs]
    whole = ARGMIN_REPLAYS * float(first.sum())
    running = _Field(places, first, float(first.sum()))  # one replay to warm up
    running.spent += float(first.sum())
    running.keep(np.log(first / first.min()) <= LOOKS[0][1])
    for rounds, cut in LOOKS[1:]:
        if len(running.places) > 1:
            running.logs = [np.empty(0) for _ in running.places]
            running.spent += float(running.us.sum())  # each warms up once more
            running.run(ask, np.arange(len(running.places)), rounds)
            middle = running.intervals()[0]
            running.leader = int(np.argmin(middle))
            running.keep(middle <= middle.min() + cut)
    if len(running.places) == 1:
        return Choice(int(running.places[0]), running.places, True, running.spent / whole)
    return _settle(running, ask, whole)


def _settle(running: _Field, ask: Ask, whole: float) -> Choice:
    while True:
        middle, below, above = running.intervals()
        bound = _soft_minimum(middle) + MARGIN
        inside = middle <= bound
        undecided = _open(inside, middle + above <= bound, middle - below > bound)
        who = _next(running, undecided, middle)
        counts = [len(running.logs[at]) for at in who]
        rounds = max(LEAST, min(counts, default=0) // 2)
        cost = rounds * float(running.us[np.union1d(who, [running.leader])].sum())
        if not len(undecided) or running.spent + cost > BUDGET * whole:
            chosen = int(running.places[np.flatnonzero(inside)[0]])
            tied = running.places[inside]
            return Choice(chosen, tied, not len(undecided), running.spent / whole)
        running.run(ask, who, rounds)


def _soft_minimum(middle: Array) -> float:
    least = float(middle.min())
    return least - SOFT * float(np.log(np.exp((least - middle) / SOFT).sum()))


def _open(inside: Marks, surely_in: Marks, surely_out: Marks) -> Places:
    """Of those up to the first that is surely inside: who may yet be the choice, or not."""
    sure = np.flatnonzero(inside & surely_in)
    end = int(sure[0]) if len(sure) else len(inside)
    return np.flatnonzero(~(surely_in | surely_out)[:end])


def _next(running: _Field, undecided: Places, middle: Array) -> Places:
    """What is open, and of the best few those timed less than half as often."""
    if not len(undecided):
        return undecided
    counts = np.array([len(values) for values in running.logs])
    top = np.flatnonzero((middle <= middle.min() + TOP) & (counts < counts[undecided].max() / 2))
    return np.union1d(undecided, top)
