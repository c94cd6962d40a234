"""S4: Bayesian search over the legal space.

Prior: the expected logarithm of each config's latency, given by whoever starts the search (flat,
or graphx-sim's prediction and what other strategies say), and scripts.transfer.kernel for how far
and how jointly configs miss it. Acquisition: expected improvement. Candidates: the whole legal
space, so no tile is out of reach of the incumbent. Batch rule: a config that is asked and not yet
told counts as measured and as expected ("believer"), so that the next one asked differs.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scripts.lib.config import Config
from scripts.transfer.gain import greatest_gain, greatest_gains, promises_less, steady_gain
from scripts.transfer.kernel import Array, Covariance
from scripts.transfer.legal import LegalSpace
from scripts.transfer.oracle import Trial
from scripts.transfer.surrogate import SLOWER, SLOWER_IN_DOUBT, Surrogate, first_lowest

LEAST = 12  # trials before early stop: fewer errors tell little of how far off the others are
PROMISING = 64  # untried configs that early stop looks at, those of the greatest expected gain


class Advice(Protocol):
    """What others have learned meanwhile."""

    def __call__(self) -> Array | None:
        """Log units to add to the expected logarithm of each config; None for nothing."""
        ...


def no_advice() -> None:
    """Nothing to add."""


class Bayesian:
    """Ask by expected improvement; ``first`` configs are asked before all others.

    ``margin``: end once the ``PROMISING`` configs, were all of them tried, promise a smaller gain
    than this in log units. None: go on as long as there are configs. ``steady``: log units of
    expected gain; of those no farther than that from the greatest, the first by what was expected
    is asked: which of them has the greatest is the noise of the trials, and begun anew the search
    would try others. ``doubtful``: ``expected`` was never held against a trial on the GPU, so that
    slow trials delay the end too.
    """

    def __init__(
        self,
        covariance: Covariance,
        expected: Array,
        *,
        first: Iterable[Config] = (),
        margin: float | None = None,
        steady: float = 0.0,
        advice: Advice = no_advice,
        doubtful: bool = False,
    ) -> None:
        self.legal: LegalSpace = covariance.legal
        self._covariance, self._advice, self._margin = covariance, advice, margin
        self._surrogate = Surrogate(covariance, expected)
        self._open: NDArray[np.bool_] = np.ones(len(self.legal), dtype=bool)
        index = self.legal.index
        self._first = [index[config] for config in dict.fromkeys(first) if config in index]
        self._pending: list[int] = []
        self._expected = expected
        self._steady = steady
        self._slower = SLOWER_IN_DOUBT if doubtful else SLOWER
        self._rank = np.argsort(np.argsort(expected.round(10), kind="stable"))

    @property
    def question(self) -> Hashable:
        """All that decides what is asked but for the answers; advice is the file's other searches.

        To be taken before the first trial: two searches of a cell with the same one ask the same.
        """
        advised = self._advice is not no_advice
        first = tuple(self._first)
        asks = first, self._margin, self._steady, self._slower, advised
        return id(self._covariance), *asks, self._expected.tobytes()

    @property
    def lesson(self) -> Array | None:
        """What the trials say beyond what was expected, log units; None before the first."""
        return self._surrogate.lesson if self.told else None

    @property
    def told(self) -> bool:
        """Whether a trial was told."""
        return bool(self._surrogate.places)

    def keep_lesson_in(self, row: Array) -> None:
        """As of its surrogate."""
        self._surrogate.keep_lesson_in(row)

    def ask(self) -> Config | None:
        """The next config; may be called again before the answer to the last one is told."""
        place = self._choose()
        if place is None:
            return None
        self._open[place] = False
        self._pending.append(place)
        return self.legal.configs[place]

    def tell(self, config: Config, trial: Trial) -> None:
        """Learn from a trial. A failed config takes those of its kind along: one binary's fate."""
        place = self.legal.index[config]
        self._pending.remove(place)
        if trial.latency_us is None:
            self._open &= self.legal.kinds != self.legal.kinds[place]
            return
        half = trial.half_us or 0.0
        self._surrogate.tell(place, float(np.log(trial.latency_us)), half / trial.latency_us)

    def expected_within(self, margin: float) -> list[Config]:
        """Configs that were not asked and are now expected no farther than ``margin``, log units,
        behind the best so far: a search begun anew may try them."""  # noqa: D205,D209
        if not self._surrogate.values:
            return []
        mean = self._surrogate.mean(self._advice())
        found = np.flatnonzero(self._open & (mean <= self._surrogate.best + margin))
        return [self.legal.configs[place] for place in found]

    def _choose(self) -> int | None:
        while self._first:
            place = self._first.pop(0)
            if self._open[place]:
                return place
        if not self._open.any():
            return None
        advice = self._advice()
        mean = self._surrogate.mean(advice)
        if not self._surrogate.values:
            return first_lowest(mean, self._open)
        deviation = self._surrogate.deviation(self._pending)
        best = self._surrogate.best
        if self._ends(mean, deviation, advice):
            return None
        if not self._steady:
            return greatest_gain(best, mean, deviation, self._open)
        return steady_gain(best, mean, deviation, self._open, self._rank, self._steady)

    def _ends(self, mean: Array, deviation: Array, advice: Array | None) -> bool:
        """Whether further trials promise less than the margin.

        What the kernel believes of other cells is corrected by what this one's trials have shown:
        where latencies lie closer to what is expected than elsewhere, there is less to be found.
        """
        if self._margin is None or len(self._surrogate.places) < LEAST:
            return False
        best, surprise = self._surrogate.best, self._surrogate.surprise(advice, self._slower)
        promising = greatest_gains(best, mean, surprise * deviation, self._open, PROMISING)
        return promises_less(
            self._margin,
            best,
            mean[promising],
            lambda few: surprise**2 * self._surrogate.between(promising[:few]),
        )
