"""The file that is competed on, and the run of one entrant."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.schemas.search import BUDGETS
from scripts.lib.shape import Cell, Shape
from scripts.transfer.kernel import Array, Covariance
from scripts.transfer.lessons import Lessons
from scripts.transfer.oracle import Oracle, Trial
from scripts.transfer.recording import Recording
from scripts.transfer.strategies.pipeline import Task
from scripts.transfer.strategies.s7_racing import Racing
from scripts.transfer.strategy import FixedOrder, Step, Strategy
from scripts.transfer.together import search_together

TRIALS = BUDGETS[-1]
Start = Callable[[], Mapping[Cell, Strategy]]


@dataclass(frozen=True)
class Field:
    """One file's complete cells, all of one shape, and what is known before the first trial.

    ``logs``, ``places``: graphx-sim's predicted logarithms and its order, of each cell's legal
    configs; a cell may be absent. ``margin``: log units, of early stop.
    """

    shape: Shape
    recordings: tuple[Recording, ...]
    lessons: Lessons
    logs: Mapping[Cell, Array]
    places: Mapping[Cell, Array]
    margin: float
    _covariances: dict[str, Covariance] = field(default_factory=dict)
    # What was asked, by the question; several entrants may put the same one.
    _asked: dict[Hashable, dict[Cell, list[Config]]] = field(default_factory=dict)

    @property
    def sources(self) -> list[str]:
        """GPUs other than the target with a file for the shape."""
        target = self.recordings[0].cell.device
        return [name for name in self.lessons.history.files(self.shape) if name != target]

    def covariance(self, name: str) -> Covariance:
        """Of the space: ``predicted``, ``plain`` or ``cold``; made once for all entrants."""
        if name not in self._covariances:
            first = self.recordings[0]
            if name == "predicted":
                kernel = self.lessons.kernel_on(first.cell.device)
            else:
                kernel = getattr(self.lessons, f"{name}_kernel")
            self._covariances[name] = Covariance(kernel, first.legal)
        return self._covariances[name]

    def task(self, one: Recording, sources: Sequence[str], unseen: Sequence[str] = ()) -> Task:
        """The task of one cell, as the pipeline takes it."""
        predicted, plain = self.covariance("predicted"), self.covariance("plain")
        logs = self.logs.get(one.cell)
        return Task(one.cell, one.legal, sources, logs, predicted, plain, unseen)

    def search(
        self, strategies: Mapping[Cell, Strategy], oracle: Oracle, batch: int
    ) -> dict[Cell, list[Step]]:
        """The steps of a search, at most ``TRIALS`` a cell.

        A question that was put before is answered as then: what a trial costs decides nothing, so
        the configs are the same, and each is charged by the ``oracle`` of now.
        """
        asked = {cell: getattr(one, "question", None) for cell, one in strategies.items()}
        question = None if None in asked.values() else (batch, tuple(sorted(asked.items())))
        if question in self._asked:
            return {
                cell: [(config, oracle.measure(cell, config)) for config in configs]
                for cell, configs in self._asked[question].items()
            }
        budgets = {cell: Budget(TRIALS) for cell in strategies}
        steps = search_together(strategies, oracle, budgets, batch)
        if question is not None:
            self._asked[question] = {
                cell: [config for config, _ in found] for cell, found in steps.items()
            }
        return steps


@dataclass(frozen=True)
class Entrant:
    """A strategy on the cells of a file. ``start`` sets up a search for each cell it competes on.

    ``raced``: repetitions end where they no longer decide (S7). ``batch``: configs asked at a turn.
    ``whole``: a fixed order to be followed to its end, beyond ``TRIALS``.
    """

    name: str
    source: str | None
    seed: int
    start: Start
    raced: bool = False
    batch: int = 1
    whole: bool = False


class _Recorded:
    """The recordings of several cells as one oracle."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self._by_cell = {one.cell: one for one in recordings}

    def measure(self, cell: Cell, config: Config, rival_us: float | None = None) -> Trial:
        """The recorded trial."""
        return self._by_cell[cell].measure(cell, config, rival_us)


def run(entrant: Entrant, on: Field) -> dict[Cell, list[Step]]:
    """The steps of an entrant on each cell of the file, at most ``TRIALS`` unless it is whole."""
    strategies = entrant.start()
    if not entrant.raced and all(isinstance(one, FixedOrder) for one in strategies.values()):
        # Nothing is learned, so no search needs to wait for another.
        by_cell = {one.cell: one for one in on.recordings}
        most = None if entrant.whole else TRIALS
        return {
            cell: [
                (config, by_cell[cell].measure(cell, config))
                for config in islice(iter(strategies[cell].ask, None), most)
            ]
            for cell in sorted(strategies)
        }
    oracle: Oracle = _Recorded(on.recordings)
    oracle = Racing(oracle) if entrant.raced else oracle
    return on.search(strategies, oracle, entrant.batch)


def each(on: Field, make: Callable[[Recording], Strategy | None]) -> Start:
    """A start that sets up each cell by itself and leaves out those for which there is nothing."""

    def start() -> Mapping[Cell, Strategy]:
        made = {one.cell: make(one) for one in on.recordings}
        return {cell: strategy for cell, strategy in made.items() if strategy is not None}

    return start
