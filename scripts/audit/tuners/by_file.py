"""What every tuner has in common whose choices reach the runtime in a config file.

The file's name is the key of its cache: experts, intermediate size, device and number format. The
entry is that of the nearest batch size, ties to the first (vLLM's lookup).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from scripts.audit.bench import Bench, NotKnown, Places, Problem, Scope
from scripts.audit.layers import Layer
from scripts.audit.tuner import Key, Profile, Ran, Tuner
from scripts.lib.config import Config
from scripts.lib.device import find_device
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.lib.shape import Shape, nearest_batch
from scripts.transfer.strategies.default_heuristic import KNOWN_SCHEMES, default_config


@dataclass
class ByFile(ABC):
    """See ``scripts.audit.tuner.Tuner``. ``batches``: the sizes that its file has entries for;
    ``runtime``: whose lookup reads it."""  # noqa: D205,D209

    layer: Layer
    batches: tuple[int, ...]
    entries: dict[Key, int] = field(default_factory=dict)
    name: str = "file"
    runtime: str = "vllm"
    covers: Scope = Scope.WHOLE

    def place(self, config: Config) -> int:
        """Its place. NotKnown if it is not among the layer's tactics."""
        if config not in self.layer.places:
            raise NotKnown(f"{config.id}: outside the space that was recorded completely")
        return self.layer.places[config]

    def enumerate(self, problem: Problem) -> Places:
        """The whole legal space."""
        return np.arange(len(self.layer.tactics))

    def key(self, problem: Problem) -> Key:
        """The file's name and the nearest batch size."""
        cell = problem.cell
        name = _file_name(self.runtime, cell.shape, cell.device)
        return name, nearest_batch(cell.tokens, list(self.batches))

    def timed_at(self, problem: Problem) -> Problem:
        """The problem of the file's entry, which is what is timed."""
        return problem.at(nearest_batch(problem.cell.tokens, list(self.batches)))

    @abstractmethod
    def profile(self, problem: Problem, bench: Bench) -> Profile:
        """Enter a choice for the entry's batch size."""

    def choose(self, problem: Problem) -> int | None:
        """By the file."""
        return self.entries.get(self.key(problem))

    def run(self, problem: Problem) -> Ran:
        """By the file, or the runtime's default where there is none; buffers are made per call."""
        key: Key | None = self.key(problem)
        place = self.entries.get(key)
        if place is None:
            place, key = self.fallback(problem), None
        return Ran(place, key, problem.cell.tokens)

    def cache(self) -> Mapping[Key, int]:
        """The file."""
        return dict(self.entries)

    def fallback(self, problem: Problem, earlier: bool = False) -> int | None:
        """VLLM's default heuristic; of no earlier version, and not of every number format."""
        cell = problem.cell
        if earlier or cell.shape.scheme not in KNOWN_SCHEMES:
            return None
        config = default_config(cell.shape, cell.tokens, find_device(cell.device))
        return self.layer.places.get(config)

    def family(self, place: int) -> int:
        """One kernel."""
        return 0

    @abstractmethod
    def fresh(self) -> Tuner:
        """An empty file."""

    def together(self, ranks: int) -> Sequence[Tuner]:
        """None: one file serves all ranks."""
        return []

    def sibling(self, most: int) -> Tuner | None:
        """None: tuning ends before the runtime starts."""
        return None


@cache
def _file_name(runtime: str, shape: Shape, device: str) -> str | None:
    return RUNTIMES[runtime].file_name(shape, device)
