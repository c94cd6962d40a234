"""S5: what was found for similar layers, and for the other batch sizes of the same file.

The batches of a file are tuned together: in each round every batch, in ascending order, makes one
trial, so that after K rounds each has spent K and has seen at most K of every other. A batch tells
the others what its trials say beyond what was expected.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scripts.lib.config import Config
from scripts.transfer.kernel import Array
from scripts.transfer.legal import LegalSpace
from scripts.transfer.oracle import Trial
from scripts.transfer.strategies.s4_bayesian import Bayesian

SHARE = 0.6  # of a lesson that holds for a batch at no distance
LENGTH = 1.5  # doublings of the batch size over which it falls by e


class Mates:
    """The Bayesian searches of one file's batches, each advised by the others.

    Their lessons are the rows of one array, so that an advice is one product with it.
    """

    def __init__(self) -> None:
        self._members: dict[int, Bayesian] = {}
        self._lessons: Array | None = None

    def join(self, tokens: int, member: Bayesian) -> None:
        """Add the search of a batch size."""
        self._members[tokens] = member
        self._lessons = None

    def _gathered(self) -> Array:
        if self._lessons is None:
            configs = len(next(iter(self._members.values())).legal)
            self._lessons = np.zeros((len(self._members), configs))
            for row, member in zip(self._lessons, self._members.values(), strict=True):
                member.keep_lesson_in(row)
        return self._lessons

    def _weights(self, tokens: int, told: list[bool]) -> Array | None:
        """Of the members' lessons in an advice for a batch; None if no other was told a trial."""
        sizes = np.array(list(self._members))
        heard = np.array(told) & (sizes != tokens)
        if not heard.any():
            return None
        weights = np.where(heard, SHARE * np.exp(-np.abs(np.log2(sizes / tokens)) / LENGTH), 0.0)
        return np.asarray(min(1.0, SHARE / weights.sum()) * weights)

    def adviser(self, tokens: int) -> Callable[[], Array | None]:
        """Advice for a batch: the others' lessons, the nearer the more, at most ``SHARE``."""
        known: dict[tuple[int, int], Array | None] = {}

        def advice() -> Array | None:
            told = [member.told for member in self._members.values()]
            # Nobody leaves, and what was told stays told: as many are the same ones.
            count = len(told), sum(told)
            if count not in known:
                known[count] = self._weights(tokens, told)
            weights = known[count]
            return None if weights is None else np.asarray(weights @ self._gathered())

        return advice


class Incumbents:
    """The fastest config of each batch of a file so far."""

    def __init__(self) -> None:
        self._best: dict[int, tuple[float, Config]] = {}

    def report(self, tokens: int, config: Config, us: float) -> None:
        """Note a correct trial."""
        if tokens not in self._best or us < self._best[tokens][0]:
            self._best[tokens] = us, config

    def around(self, tokens: int) -> list[Config]:
        """The other batches' incumbents, the nearest batch first, of equals the smaller one."""
        others = sorted(batch for batch in self._best if batch != tokens)
        others.sort(key=lambda batch: abs(np.log2(batch / tokens)))
        return [self._best[batch][1] for batch in others]


class Neighbours:
    """S5 by itself: the other batches' incumbents, else what suits similar layers best."""

    def __init__(
        self, legal: LegalSpace, tokens: int, expected: Array, incumbents: Incumbents
    ) -> None:
        order = np.argsort(expected.round(10), kind="stable")
        self._by_similar = [legal.configs[place] for place in order]
        self._tokens, self._incumbents = tokens, incumbents
        self._asked: set[Config] = set()

    def ask(self) -> Config | None:
        """The nearest batch's incumbent that was not asked yet, or the next of the similar ones."""
        if self._asked:
            candidates = [*self._incumbents.around(self._tokens), *self._by_similar]
        else:
            candidates = self._by_similar
        config = next((config for config in candidates if config not in self._asked), None)
        if config is not None:
            self._asked.add(config)
        return config

    def tell(self, config: Config, trial: Trial) -> None:
        """Let the other batches know."""
        if trial.latency_us is not None:
            self._incumbents.report(self._tokens, config, trial.latency_us)
