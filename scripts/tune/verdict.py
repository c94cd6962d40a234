"""Which config a cell's interleaved finals are won by, what ties with it, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, log1p

import numpy as np
from numpy.typing import NDArray

from scripts.lib.judging.decision import decide, inseparable
from scripts.lib.judging.medians import LEVEL, median_interval
from scripts.lib.judging.rivals import reach
from scripts.runtime.racing import Race

Array = NDArray[np.float64]
WIDE = 1.96  # standard deviations from the middle to the end of a 95% interval
# Relative: a config that is farther behind the best in the finals' medians is not taken for it,
# also where its interval reaches 1; a fifth of the tie margin.
ALIKE = 0.002
# Log units. Two processes put a pair of configs about so far apart: what the race of the audit
# allows for (scripts.audit.race.MARGIN).
APART = 0.01
# Finals end once the fastest is told from all others at the tie margin, or known to be as fast.
# Twelve rounds on one side are sure at 95% after all of its looks together.
RACE = Race(least=12, among_all=False)
# Slots of the best and of the committed config beyond the first: one A/A pair. The choice does not
# rest on A/A pairs; recordings that judge (scripts.tune.study) hold three.
TWINS = (1, 0)


@dataclass(frozen=True)
class Ratio:
    """Median over the rounds of one config's latency over another's, with its interval.

    Of fewer than six rounds there is none: both ends are NaN, and the word is a tie.
    """

    median: float
    low: float
    high: float

    def word(self, margin: float) -> str:
        """win, tie or loss at a relative margin."""
        return str(decide(self.low, self.high, margin))

    def reach(self, apart: float) -> float:
        """How far from here another run may put it, log units; infinite without an interval."""
        if np.isnan(self.low):
            return float("inf")
        return float(reach(log(self.high / self.low) / (2 * WIDE), apart))

    def to_json(self) -> dict[str, float | None]:
        """Six digits each; None for an end that is not known."""
        ends = {name: getattr(self, name) for name in ("median", "low", "high")}
        return {name: None if np.isnan(end) else round(end, 6) for name, end in ends.items()}


class Finals:
    """Samples ``us`` (rounds, slots) of one cell; a config's first slot stands for it.

    ``level``: of the intervals that words rest on; of finals that may have ended early the race's.
    """

    def __init__(
        self, slots: Sequence[str], us: Sequence[Sequence[float]], level: float = LEVEL
    ) -> None:
        self._us: Array = np.asarray(us, dtype=float)
        self._level = level
        self._slot = {config: slots.index(config) for config in slots}

    @property
    def configs(self) -> list[str]:
        """The finalists, each once."""
        return list(self._slot)

    @property
    def rounds(self) -> int:
        """How often each was timed."""
        return len(self._us)

    def median_us(self, config: str) -> float:
        """Median latency, us."""
        return float(np.median(self._us[:, self._slot[config]]))

    def ratio(self, config: str, to: str) -> Ratio:
        """``config`` over ``to``, paired by round, with the 95% interval of these rounds."""
        return self._ratio(config, to, LEVEL)

    def shown(self, config: str, to: str) -> Ratio:
        """The same with the interval of ``level``, which a word rests on."""
        return self._ratio(config, to, self._level)

    def _ratio(self, config: str, to: str, level: float) -> Ratio:
        if config == to:
            return Ratio(1.0, 1.0, 1.0)
        ratios = self._us[:, self._slot[config]] / self._us[:, self._slot[to]]
        return Ratio(*median_interval(ratios, level))

    def best(self, among: Sequence[str] | None = None) -> str:
        """The fastest of the configs named (default: all), paired to the first slot."""
        names = self.configs if among is None else [name for name in among if name in self._slot]
        first = self.configs[0]
        return min(names, key=lambda name: (self.ratio(name, first).median, self._slot[name]))

    def first_of_best(self, rank: Mapping[str, int], among: Sequence[str] | None = None) -> str:
        """The best, or of those that are not told from it the first by ``rank``.

        Which of equals comes out fastest is chance; what was thought of them before any trial is
        the same at every run. Configs without a rank come last.
        """
        best, configs = self.best(among), self.configs if among is None else among
        found = {name: self.ratio(name, best) for name in configs if name in self._slot}
        alike = [n for n, r in found.items() if not r.low > 1.0 and r.median <= 1.0 + ALIKE]
        return min(alike, key=lambda name: (rank.get(name, len(rank)), self._slot[name]))

    def ties(self, best: str, margin: float) -> dict[str, Ratio]:
        """All that cannot be told from ``best`` at the margin, itself included, by latency."""
        ratios = {name: self.ratio(name, best) for name in self.configs}
        tied = {n: r for n, r in ratios.items() if inseparable(r.low, r.high, margin)}
        return dict(sorted(tied.items(), key=lambda item: item[1].median))

    def rivals(self, committed: str | None, apart: float = APART) -> list[str]:
        """What may be chosen were the finals held anew.

        All that may come out alike to the best, and the committed config where the best may not be
        shown to be faster. ``apart``: as of ``scripts.lib.judging.rivals.reach``.
        """
        best = self.best()
        ratios = {name: self.ratio(name, best) for name in self.configs}
        found = [
            name
            for name, ratio in ratios.items()
            if log(ratio.median) - ratio.reach(apart) <= log1p(ALIKE)
        ]
        if committed in ratios and committed not in found:
            ahead, shown = self.ratio(best, committed or ""), self.shown(best, committed or "")
            if not log(shown.high) + ahead.reach(apart) < 0.0:
                found.append(committed or "")
        return found

    def runner_up(self, best: str) -> str | None:
        """The next best; None if there is no other."""
        others = [name for name in self.configs if name != best]
        return self.best(others) if others else None


@dataclass(frozen=True)
class Choice:
    """What goes into the file. ``found``: the best of the search. ``kept``: a reference's name.

    The committed config is kept unless the finals show at 95%, in all of their looks together, that
    another is faster: who has a tuned file loses nothing by tuning again.
    """

    config: str
    found: str
    kept: str | None


def choose(
    finals: Finals, references: Mapping[str, str], searched: Sequence[str], rank: Mapping[str, int]
) -> Choice:
    """Of finals that hold at least one config of ``searched``; ``references``: config by name.

    ``rank``: of configs by what was expected of them before any trial; decides between equals.
    """
    found, best = finals.first_of_best(rank, searched), finals.first_of_best(rank)
    committed = references.get("committed")
    if committed in finals.configs:
        if not finals.shown(best, committed or "").high < 1.0:
            best = finals.best()
        if not finals.shown(best, committed or "").high < 1.0:
            return Choice(committed or "", found, "committed")
    names = {config: name for name, config in references.items()}
    return Choice(best, found, None if best in searched else names.get(best))
