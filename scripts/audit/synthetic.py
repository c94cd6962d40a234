"""A tuner with a switch for every fault, and none on: what the probes are measured with.

Without faults it does what the probes ask for: it times every bucket under the conditions of the
problem, compares only what computes the same, chooses by the race, and lets one rank choose for
all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from scripts.audit.bench import (
    Array,
    Bench,
    Cache,
    Clock,
    How,
    Places,
    Problem,
    Routing,
    Scope,
)
from scripts.audit.faults import Fault
from scripts.audit.layers import Layer
from scripts.audit.race import race
from scripts.audit.tuner import Key, Profile, Ran, Tuner
from scripts.audit.world import ARENA

# Log units, set by eye: in ascending order and with this margin its choices are steady on the cells
# on which it is tried. With the one that the race takes elsewhere they flip where tactics crowd at
# the border, which a probe finds with good reason, so that it would be no tuner without a fault.
MARGIN = 0.0075
# A shortlist's race costs more of its argmin than a whole space's.
RACE_BUDGET = 4.0
# Fields of a problem that a key may forget, in this order.
FIELDS = ("top_k", "hidden", "routing", "scheme", "ranks")


@dataclass
class Shared:
    """What outlives a call: the largest bucket in force in this process, what ranks agreed on."""

    most: int
    agreed: dict[Key, int] = field(default_factory=dict)


@dataclass
class Synthetic:
    """See ``scripts.audit.tuner.Tuner``; buckets are the layer's recorded numbers of tokens."""

    layer: Layer
    faults: Mapping[Fault, float] = field(default_factory=dict)
    rank: int = 0
    shared: Shared | None = None
    entries: dict[Key, int] = field(default_factory=dict)
    name: str = "synthetic"
    covers: Scope = Scope.WHOLE

    def __post_init__(self) -> None:
        if self.shared is None:
            self.shared = Shared(self.layer.tokens[-1])

    @cached_property
    def _default(self) -> tuple[int, Array]:
        """The tactic that is best on average, and how far each is behind it at each bucket."""
        logs = np.log(self.layer.us)
        place = int(np.argmin(logs.mean(axis=0)))
        return place, logs - logs[:, [place]]

    @property
    def _buckets(self) -> tuple[int, ...]:
        missing = int(self.faults.get(Fault.BUCKET_CAP, 0))
        assert self.shared is not None
        kept = self.layer.tokens[: len(self.layer.tokens) - missing]
        return tuple(one for one in kept if one <= self.shared.most) or kept[:1]

    def _above(self, tokens: int) -> int:
        buckets = self._buckets
        return buckets[min(bisect_left(buckets, tokens), len(buckets) - 1)]

    def _below(self, tokens: int) -> int:
        buckets = self._buckets
        return buckets[max(bisect_right(buckets, tokens) - 1, 0)]

    def _among_largest(self, tokens: int, fault: Fault) -> bool:
        """Whether a fault that holds for the largest buckets holds here."""
        buckets = self._buckets
        intervals = int(self.faults.get(fault, 0))
        return intervals > 0 and tokens > buckets[max(0, len(buckets) - 1 - intervals)]

    def enumerate(self, problem: Problem) -> Places:
        """All of the layer."""
        return np.arange(len(self.layer.tactics))

    def key(self, problem: Problem) -> Key:
        """The bucket above, and all else that the problem states."""
        return self._key(problem, self._above(problem.cell.tokens))

    def _key(self, problem: Problem, bucket: int) -> Key:
        shape = problem.cell.shape
        stated = {
            "device": problem.cell.device,
            "experts": shape.experts,
            "intermediate": shape.intermediate,
            "hidden": shape.hidden,
            "top_k": shape.top_k,
            "scheme": shape.scheme,
            "routing": problem.routing,
            "ranks": problem.ranks,
        }
        for name in FIELDS[: int(self.faults.get(Fault.CACHE_KEY, 0))]:
            del stated[name]
        return (bucket, *stated.values())

    def _how(self) -> How:
        return How(
            clock=Clock.HOST if Fault.HOST_TIME in self.faults else Clock.GRAPH,
            cache=Cache.WARM if Fault.WARM_CACHE in self.faults else Cache.COLD,
            scope=Scope.PART if Fault.CLOCKS in self.faults else Scope.WHOLE,
            arena=ARENA if Fault.ALLOCATION in self.faults else None,
            rank=self.rank,
        )

    def timed_at(self, problem: Problem) -> Problem:
        """The bucket above, as if uniform with the fault on."""
        bucket = problem.at(self._above(problem.cell.tokens))
        blind = Fault.ROUTING in self.faults
        return replace(bucket, routing=Routing.UNIFORM) if blind else bucket

    def profile(self, problem: Problem, bench: Bench) -> Profile:
        """Time the bucket's tactics once each, then choose by the race, unless a fault is on."""
        bucket = self.timed_at(problem)
        places = self.enumerate(bucket)
        if Fault.UNEQUAL not in self.faults:
            digests = bench.digests(bucket, places)
            places = places[digests == np.bincount(digests).argmax()]
        how = self._how()
        us = bench.time(bucket, places, how)
        key = self.key(problem)
        if not self._uncovered(bucket.cell.tokens):
            self.entries[key] = self._choice(key, bucket, bench, places, how)
        return Profile(key, bucket, places, us)

    def _uncovered(self, bucket: int) -> bool:
        share = self.faults.get(Fault.UNCOVERED, 0.0)
        buckets = self._buckets
        return buckets.index(bucket) < round(share * len(buckets))

    def _choice(self, key: Key, bucket: Problem, bench: Bench, places: Places, how: How) -> int:
        assert self.shared is not None
        if key in self.shared.agreed:
            return self.shared.agreed[key]
        row = self.layer.tokens.index(bucket.cell.tokens)
        if Fault.SLOWER in self.faults:
            behind = np.abs(self._default[1][row] - np.log1p(self.faults[Fault.SLOWER]))
            return int(places[np.argmin(behind[places])])
        if Fault.COIN_FLIPS in self.faults:
            replays = bench.rounds(bucket, places, int(self.faults[Fault.COIN_FLIPS]), how)
            return int(places[np.argmin(replays.mean(axis=0))])
        return race(bench, bucket, places, how, RACE_BUDGET, MARGIN).place

    def choose(self, problem: Problem) -> int | None:
        """By the key."""
        return self.entries.get(self.key(problem))

    def run(self, problem: Problem) -> Ran:
        """By the key, or the fallback; buffers for the bucket."""
        tokens = problem.cell.tokens
        down = self._among_largest(tokens, Fault.ROUNDING)
        bucket = self._below(tokens) if down else self._above(tokens)
        key: Key | None = self._key(problem, bucket)
        place = self.entries.get(key)
        if place is None:
            place, key = self.fallback(problem), None
        small = self._among_largest(tokens, Fault.OVERRUN)
        rows = self._below(tokens) if small else max(tokens, bucket)
        return Ran(place, key, rows)

    def cache(self) -> Mapping[Key, int]:
        """All entries."""
        return dict(self.entries)

    def fallback(self, problem: Problem, earlier: bool = False) -> int:
        """The tactic that is best on average; with the fault on, once it was."""
        place, behind = self._default
        slower = self.faults.get(Fault.REGRESSED)
        if earlier or slower is None:
            return place
        row = self.layer.tokens.index(self._above(problem.cell.tokens))
        return int(np.argmin(np.abs(behind[row] - np.log1p(slower))))

    def family(self, place: int) -> int:
        """By the number of warps."""
        return int(self.layer.tactics[place].num_warps > 4)

    def fresh(self) -> Synthetic:
        """Nothing cached, nothing shared."""
        return replace(self, shared=None, entries={})

    def together(self, ranks: int) -> Sequence[Tuner]:
        """Ranks in step: the first chooses for all, unless each chooses for itself."""
        first = self.fresh()
        assert first.shared is not None
        if Fault.RANKS in self.faults:
            return [replace(first, rank=rank, shared=None, entries={}) for rank in range(ranks)]
        agreed = first.entries
        first.shared.agreed = agreed
        return [first, *(replace(first, rank=rank, entries={}) for rank in range(1, ranks))]

    def sibling(self, most: int) -> Synthetic:
        """A call with a limit of its own, which another's shares only if a fault is on."""
        assert self.shared is not None
        kept = int(self.faults.get(Fault.SHARED_STATE, 0))
        if kept:
            tokens = self.layer.tokens
            self.shared.most = max(most, tokens[max(0, len(tokens) - 1 - kept)])
            return replace(self, entries={})
        return replace(self, shared=Shared(most), entries={})
