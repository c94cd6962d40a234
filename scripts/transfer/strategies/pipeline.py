"""S1-S8: all strategies as one search, each of which can be switched off.

S1, S2, S3, S5, S6 and S8 say what they expect of every legal config; their words, weighed by
what other layers taught (scripts.transfer.merit), are the prior mean of S4, whose first trial is
thus the config of the greatest merit. From then on expected improvement decides, advised by the
other batches of the file (S5). Without S4 the configs are tried in the order of their merit. S7 is
not part of the order: it stands before the oracle (scripts.transfer.strategies.s7_racing).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.lib.names import unknown_name
from scripts.lib.shape import Cell
from scripts.transfer.kernel import Array, Covariance
from scripts.transfer.legal import LegalSpace
from scripts.transfer.lessons import Lessons
from scripts.transfer.strategies.doubt import disputed
from scripts.transfer.strategies.s4_bayesian import Bayesian, no_advice
from scripts.transfer.strategies.s5_neighbours import Mates
from scripts.transfer.strategy import FixedOrder, Strategy

FIRST = 4  # configs of the greatest merit that a search which ends by itself begins with
STRATEGIES = ("S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8")


@dataclass(frozen=True)
class Task:
    """A cell to be searched. ``predicted``: logarithms of graphx-sim's latencies, if there are any.

    The covariances: of the space's configs, with and without a prediction taken off. ``unseen``:
    source GPUs that nothing is to be learned from.
    """

    cell: Cell
    legal: LegalSpace
    sources: Sequence[str]
    predicted: Array | None
    predicted_covariance: Covariance
    plain_covariance: Covariance
    unseen: Sequence[str] = ()


def expected_logs(lessons: Lessons, task: Task, heard: Collection[str]) -> Array:
    """Expected logarithm of each config's latency; its level means something with S6 only."""
    predicted = task.predicted if "S6" in heard else None
    said, weights = _weighed(lessons, task, heard)
    return np.asarray(said @ weights + (0.0 if predicted is None else predicted.min()))


def _weighed(lessons: Lessons, task: Task, heard: Collection[str]) -> tuple[Array, Array]:
    """What each of ``VOICES`` says of each config, (configs, 6), and its weight, (6,)."""
    words = lessons.words(task.cell, task.sources)
    said = lessons.said(task.cell, task.legal, words, task.predicted if "S6" in heard else None)
    return said, lessons.weights(task.sources if words else (), heard, task.unseen)


def in_doubt(
    lessons: Lessons, task: Task, expected: Array, heard: Collection[str]
) -> tuple[Config, ...]:
    """What a search begins with where nothing recorded on the GPU itself teaches; else nothing."""
    if lessons.knows(task.cell.device):
        return ()
    said, weights = _weighed(lessons, task, heard)
    return disputed(task.cell, task.legal, said[:, weights > 0.0], expected)


def pipeline(
    lessons: Lessons,
    task: Task,
    mates: Mates,
    *,
    without: Collection[str] = (),
    margin: float | None = None,
    expected: Array | None = None,
) -> Strategy:
    """S1-S8 on a task, less the strategies in ``without``; ``margin`` as of ``Bayesian``.

    ``mates``: the searches of the file's other batches, which this one joins. ``expected``: as
    ``expected_logs`` has it, for who knows it already.
    """
    for name in without:
        if name not in STRATEGIES:
            raise unknown_name("strategy", name, STRATEGIES)
    heard = [name for name in STRATEGIES if name not in without]
    if not len(task.legal):
        raise InputError(f"{task.cell.id}: the legal space is empty; there is nothing to search")
    if task.predicted is None and "S6" in heard:
        heard.remove("S6")
    if expected is None:
        expected = expected_logs(lessons, task, heard)
    if "S4" not in heard:
        order = np.argsort(expected.round(10), kind="stable")
        return FixedOrder(task.legal.configs[place] for place in order)
    covariance = task.predicted_covariance if "S6" in heard else task.plain_covariance
    doubted = in_doubt(lessons, task, expected, heard)
    advised = "S5" in heard
    return join(
        mates, task.cell.tokens, covariance, expected, margin, advised=advised, doubted=doubted
    )


def join(
    mates: Mates,
    tokens: int,
    covariance: Covariance,
    expected: Array,
    margin: float | None,
    *,
    advised: bool = True,
    steady: float = 0.0,
    doubted: Sequence[Config] = (),
) -> Bayesian:
    """A search of one of a file's batches, which advises the others.

    ``margin``, ``steady``: as of ``Bayesian``. One that ends by itself begins with the ``FIRST`` of
    the greatest merit, whatever it is told: so that searches of the same cell have tried, and can
    choose, the same ones. ``doubted``: as of ``in_doubt``; it begins with these instead.
    """
    advice = mates.adviser(tokens) if advised else no_advice
    first: Sequence[Config] = doubted if margin is not None else ()
    if margin is not None and not doubted:
        order = np.argsort(expected.round(10), kind="stable")[:FIRST]
        first = [covariance.legal.configs[place] for place in order]
    search = Bayesian(
        covariance,
        expected,
        first=first,
        margin=margin,
        steady=steady,
        advice=advice,
        doubtful=bool(doubted),
    )
    mates.join(tokens, search)
    return search
