"""What the searches of a layer start from, learned beside the start of torch and of the GPU.

Reading the recordings and learning from them takes as long as importing torch, finding the GPU and
making the operands; neither needs the other. So it happens in a child, forked before either.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.isolate import Child, Failure
from scripts.lib.shape import Cell
from scripts.transfer.kernel import Array, Covariance, Kernel
from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategies.pipeline import join
from scripts.transfer.strategies.s5_neighbours import Mates
from scripts.tune.clock import Clock
from scripts.tune.knowledge import Advice, Corpus, Where, read_corpus
from scripts.tune.layer import Wanted
from scripts.tune.sources import check_sources
from scripts.tune.space import Space, open_space
from scripts.tune.turns import STEADY, Search

LOG = logging.getLogger("tune")
DEADLINE_S = 3600.0  # of learning: graphx-sim may have to be fitted anew


@dataclass(frozen=True)
class Options:
    """What may be spent, and what is known. ``sources``: None for all GPUs with a file.

    ``margin``: relative, of early stop and ties. ``unseen``: as of ``Advice``. ``build``: folder
    for spaces that are compiled now.
    """

    budget: int
    margin: float
    sources: Sequence[str] | None
    unseen: bool
    seed: int
    where: Where
    build: Path


def advise(wanted: Wanted, options: Options, space: Space, corpus: Corpus) -> Advice:
    """Everything that is known of the layer; InputError for a source without a file."""
    advice = Advice(corpus, wanted.device, wanted.shape, space, unseen=options.unseen)
    check_sources(options.sources or (), advice.sources, wanted.shape)
    advice.predict(wanted.cells)
    return advice


def sources_of(advice: Advice, options: Options) -> list[str]:
    """The sources asked for, or all; says so if there are none."""
    sources = advice.sources if options.sources is None else list(options.sources)
    if not sources:
        LOG.info(
            "no other GPU has a file for %s: started from the recorded layers alone",
            advice.shape.id,
        )
    return sources


@dataclass(frozen=True)
class Foresight:
    """Of one layer's cells. ``sources``: the GPUs whose files are started from.

    ``expected``: logarithm of the latency of each legal config, (configs,); ``predicted_us``: what
    graphx-sim says of it. ``kernel``: how far and how jointly configs miss ``expected``.
    ``steady``: as of ``Bayesian``. ``doubted``: as of ``in_doubt``. ``model``: graphx-sim's
    version. ``seconds``: what reading and learning took.
    """

    sources: tuple[str, ...]
    expected: Mapping[Cell, Array]
    predicted_us: Mapping[Cell, Array]
    kernel: Kernel
    steady: float
    doubted: Mapping[Cell, tuple[Config, ...]]
    model: str
    seconds: Mapping[str, float]

    def ranked(self, cell: Cell, legal: LegalSpace) -> list[tuple[Config, float]]:
        """All legal configs, the most promising first, with what graphx-sim predicts, us."""
        order = np.argsort(self.expected[cell].round(10), kind="stable")
        us = self.predicted_us[cell]
        return [(legal.configs[place], float(us[place])) for place in order]

    def searches(self, name: str, legal: LegalSpace, budget: int, margin: float) -> list[Search]:
        """S1-S8 on each cell, advised by each other; ``margin``: log units, of early stop."""
        mates, covariance = Mates(), Covariance(self.kernel, legal)
        return [
            Search(
                name,
                cell,
                legal,
                join(
                    mates,
                    cell.tokens,
                    covariance,
                    expected,
                    margin,
                    steady=self.steady,
                    doubted=self.doubted[cell],
                ),
                Budget(budget),
            )
            for cell, expected in self.expected.items()
        ]


def foresee(wanted: Wanted, options: Options) -> Foresight:
    """Read, learn and predict. InputError for a file that is not there, or an unknown source."""
    clock = Clock()
    device = find_device(wanted.device)
    space = open_space(device, wanted.shape.scheme, options.where.spaces, options.build)
    corpus = read_corpus(options.where, options.seed)
    clock("read")
    advice = advise(wanted, options, space, corpus)
    sources = sources_of(advice, options)
    clock("learn")
    return Foresight(
        tuple(sources),
        {cell: advice.expected(cell, sources) for cell in wanted.cells},
        {cell: advice.predicted_us(cell) for cell in wanted.cells},
        advice.lessons.kernel_on(device.name),
        STEADY if advice.lessons.knows(device.name) else 0.0,
        {cell: advice.doubted(cell, sources) for cell in wanted.cells},
        advice.simulator.version,
        clock.steps,
    )


class Learning:
    """``foresee`` in a child from the moment that this is made; fork it before torch is there."""

    def __init__(self, wanted: Wanted, options: Options) -> None:
        self._shape = wanted.shape
        self._child = Child(_learner, method="fork")
        self._child.send((wanted, options))

    def __call__(self) -> Foresight:
        """Wait for it. InputError as ``foresee``, or if the child died."""
        answer = self._child.receive(DEADLINE_S)
        self._child.stop()
        if isinstance(answer, Failure):
            raise InputError(f"{self._shape.id}: what is known could not be read: {answer.message}")
        if isinstance(answer, str):
            raise InputError(answer)
        found: Foresight = answer
        return found


def _learner() -> Callable[[tuple[Wanted, Options]], Foresight | str]:
    def learn(task: tuple[Wanted, Options]) -> Foresight | str:
        try:
            return foresee(*task)
        except InputError as error:  # its words alone, not the place in the code
            return str(error)

    return learn
