"""A choice that comes out the same when a tuning is started again.

The fastest of many nearly equal tactics is a coin flip: whichever timing was luckiest wins. The
race does not ask for the fastest. It spends replays where they decide, in interleaved rounds, and
takes the first tactic in the canonical order of those within ``MARGIN`` of the best few; rounds go
on until every tactic that comes earlier is surely inside or surely outside, or the budget is spent,
and then the choice is named as undecided. The order is the caller's and no measurement changes it:
by what a tuner expects before it times anything, or ascending.

No number of rounds takes away what differs between two processes. How much that is comes from
outside (``apart``), and the race names all that another process may choose (``Choice.rivals``).

"The best" is a soft minimum, since which of several equal tactics leads is a coin flip too. Where
a tactic stands is the median of its replays over the leader's in the same rounds; its interval
follows from order statistics, whatever the noise, and the leader's is added in squares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.audit.bench import FAIR, Array, Bench, How, Places, Problem
from scripts.lib.judging.rivals import REACH, reach

# Log units. As far behind the best as a choice may be: two processes put a pair of tactics about so
# far apart (scripts.audit.live.between, root mean square over the cells of the first live audit).
MARGIN = 0.01
SOFT = 0.002  # width of the soft minimum
# (replays, further behind is out): the looks at the whole field before it settles.
LOOKS = ((1, 0.12), (4, 0.05), (16, 0.015))
TOP = 0.003  # these carry the soft minimum and are timed with what is open
SURE = 4.5  # deviations of the median at which a tactic is surely inside or outside
LEAST = 16  # rounds of any later look
GROWTH = 0.75  # rounds of the next look, over those made
# The published method replays each config's graph so often: 5 to warm up, 20 timed
# (scripts.measure.upstream_method).
ARGMIN_REPLAYS = 25
BUDGET = 0.25  # of the cost of that, on a whole space

Marks = NDArray[np.bool_]
Ask = Callable[[Places, int], Array]  # places, rounds -> us, shape (rounds, places)


@dataclass(frozen=True)
class Choice:
    """``place``: the tactic. ``tied``: all that cannot be told from the best few, in their order.

    ``decided``: no tactic that comes earlier was left open. ``cost``: microseconds of replays over
    those of the published method. ``rivals``: what may be chosen when it is begun anew, the choice
    among them.
    """

    place: int
    tied: Places
    decided: bool
    cost: float
    rivals: Places


class _Field:
    """Who is still in the race, what they ran, and what it cost in microseconds.

    ``stands``: of each, the median of its logarithms over the leader's, and how far it surely
    reaches down and up; shape (places, 3).
    """

    def __init__(self, places: Places, us: Array) -> None:
        self.places, self.us, self.spent = places, us, 0.0
        self.leader = int(np.argmin(us))
        self.logs: list[Array] = []
        self.stands = np.zeros((len(places), 3))

    def keep(self, inside: Marks) -> None:
        """Drop the others; the leader is inside."""
        kept = np.flatnonzero(inside)
        self.leader = int(np.count_nonzero(inside[: self.leader]))
        self.places, self.us, self.stands = self.places[kept], self.us[kept], self.stands[kept]
        self.logs = [self.logs[at] for at in kept] if self.logs else []

    def look(self, ask: Ask, rounds: int) -> None:
        """All of them anew, after a replay each to warm up; the fastest leads from then on."""
        logs = np.log(ask(self.places, rounds))
        self.spent += (1 + rounds) * float(self.us.sum())
        ordered = np.sort(logs, axis=0)
        self.stands = np.array(_median(ordered)).T
        self.leader = int(np.argmin(self.stands[:, 0]))
        led = self.stands[self.leader, 0]
        self.stands[:, 0] -= led
        self.logs = list((logs - led).T)

    def run(self, ask: Ask, who: Places, rounds: int) -> None:
        """Interleaved rounds of these, the leader among them."""
        logs = np.log(ask(self.places[who], rounds))
        led = np.sort(logs[:, who.searchsorted(self.leader)])
        logs -= (led[(rounds - 1) // 2] + led[rounds // 2]) / 2
        self.spent += rounds * float(self.us[who].sum())
        for at, values in zip(who.tolist(), logs.T, strict=True):
            self.logs[at] = np.concatenate([self.logs[at], values])
            ordered = self.logs[at].copy()
            ordered.sort()
            self.stands[at] = _median(ordered)

    def intervals(self) -> tuple[Array, Array, Array]:
        """Where each stands, and the ends of where it surely does, the leader's doubt included."""
        middle, below, above = self.stands.T
        lead = self.stands[self.leader]
        return middle, middle - np.hypot(below, lead[2]), middle + np.hypot(above, lead[1])


def _median(ordered: Array) -> tuple[Any, Any, Any]:
    """Median of ordered samples along the first axis, how far it surely reaches down and up."""
    count = len(ordered)
    reach = SURE * count**0.5 / 2
    low, high = max(0, int(count / 2 - reach)), min(count - 1, int(count / 2 + reach) + 1)
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return middle, middle - ordered[low], ordered[high] - middle


def race(
    bench: Bench,
    problem: Problem,
    places: Places,
    how: How = FAIR,
    budget: float = BUDGET,
    margin: float = MARGIN,
    apart: float = 0.0,
) -> Choice:
    """Choose among the tactics that run. ``places``: in the canonical order; at least one has a
    latency. ``apart``: deviation between processes of how far two tactics are apart, log units."""  # noqa: D205,D209

    def ask(who: Places, rounds: int) -> Array:
        return bench.rounds(problem, who, rounds, how)

    first = ask(places, 1)[0]
    runs = np.isfinite(first)
    places, first = places[runs], first[runs]
    whole = ARGMIN_REPLAYS * float(first.sum())
    running = _Field(places, first)
    running.spent += 2 * float(first.sum())  # a replay to warm up and one that counts
    running.keep(np.log(first / first.min()) <= LOOKS[0][1])
    for rounds, cut in LOOKS[1:]:
        if len(running.places) > 1:
            running.look(ask, rounds)
            running.keep(running.stands[:, 0] <= cut + REACH * apart)
    if len(running.places) == 1:
        only = running.places
        return Choice(int(only[0]), only, True, running.spent / whole, only)
    found = _settle(running, ask, budget * whole, margin, apart)
    return replace(found, cost=running.spent / whole)


def _settle(running: _Field, ask: Ask, budget: float, margin: float, apart: float) -> Choice:
    """``budget``: in microseconds, and so is the cost here."""
    while True:
        middle, low, high = running.intervals()
        bound = soft_minimum(middle) + margin
        inside = middle <= bound
        undecided = _open(inside, high <= bound, low > bound)
        who, wanted = _next(running, undecided, middle)
        can = int((budget - running.spent) / float(running.us[who].sum()))
        if not len(undecided) or can < LEAST:
            off = reach((high - low) / (2 * SURE), apart)
            rivals = maybe(inside, middle, off, bound)
            chosen, tied = running.places[inside][0], running.places[inside]
            sure = not len(undecided)
            return Choice(int(chosen), tied, sure, running.spent, running.places[rivals])
        running.run(ask, who, min(wanted, can))


def soft_minimum(middle: Array) -> float:
    """Where the best few stand, log units."""
    least = float(middle.min())
    return least - SOFT * float(np.log(np.exp((least - middle) / SOFT).sum()))


def maybe(inside: Marks, middle: Array, off: Array, bound: float) -> Places:
    """Who may come out as the first inside when all is measured anew, each up to ``off`` from where
    it stands: up to the first that is surely inside, and that one."""  # noqa: D205,D209
    surely_in, may = inside & (middle + off <= bound), middle - off <= bound
    end = int(surely_in.argmax()) + 1 if surely_in.any() else len(inside)
    return np.flatnonzero((may | inside)[:end])


def _open(inside: Marks, surely_in: Marks, surely_out: Marks) -> Places:
    """Of those up to the first that is surely inside: who may yet be the choice, or not."""
    sure = inside & surely_in
    end = int(sure.argmax()) if sure.any() else len(inside)
    return np.flatnonzero(~(surely_in | surely_out)[:end])


def _next(running: _Field, undecided: Places, middle: Array) -> tuple[Places, int]:
    """Who runs next, and for how many rounds: what is open, the leader, and of the best few those
    timed less than half as often."""  # noqa: D205,D209
    counts = np.array([len(values) for values in running.logs])
    most = counts[undecided].max(initial=0)
    runs = (middle <= middle.min() + TOP) & (counts < most / 2)
    runs[undecided] = runs[running.leader] = True
    return np.flatnonzero(runs), max(LEAST, int(counts[runs].min() * GROWTH))
