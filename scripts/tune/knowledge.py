"""All that is known before the first trial: the corpus, recorded cells, graphx-sim, lessons."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.lib.schemas.space import SPACE_FILES
from scripts.lib.shape import Cell, Shape
from scripts.sim.facts import read_facts
from scripts.sim.gpu_out import simulator_without
from scripts.sim.predict import predict
from scripts.sim.recorded import read_measured
from scripts.sim.simulator import Simulator, load
from scripts.sim.train import train
from scripts.transfer.committed_files import History, read_history
from scripts.transfer.kernel import Array, Covariance
from scripts.transfer.lessons import Lessons, learn_lessons
from scripts.transfer.library import Library, layer_of
from scripts.transfer.predictions import read_predictions
from scripts.transfer.recording import Recording, read_recordings
from scripts.transfer.strategies.pipeline import (
    STRATEGIES,
    Task,
    expected_logs,
    in_doubt,
    pipeline,
)
from scripts.transfer.strategies.s5_neighbours import Mates
from scripts.tune import kept
from scripts.tune.kept import name_of
from scripts.tune.sources import others_with_file
from scripts.tune.space import Space
from scripts.tune.turns import Search

LOG = logging.getLogger("tune.knowledge")
_TABLES = ("trials.parquet", "cells.parquet")  # of a dataset


@dataclass(frozen=True)
class Where:
    """The files: datasets that hold complete cells, their spaces, history, graphx-sim's model.

    ``held_out``: SIM_HELD_OUT table. ``trained_on``: datasets that the model was fitted to.
    ``hidden``: a GPU of which nothing recorded is to be known. ``kept``: folder of what was learned
    before; None to learn anew.
    """

    recorded: Sequence[Path]
    spaces: Path
    history: Path
    model: Path
    held_out: Path
    trained_on: Sequence[Path]
    hidden: str | None = None
    kept: Path | None = None


@dataclass(frozen=True)
class Corpus:
    """What is read once for all layers. ``logs``: held-out predictions of recorded cells."""

    where: Where
    recordings: tuple[Recording, ...]
    library: Library
    history: History
    logs: Mapping[Cell, Array]
    simulator: Simulator
    seed: int

    @cached_property
    def _without(self) -> dict[str, Simulator]:
        return {}  # a layer comes in several number formats

    @cached_property
    def _name(self) -> str:
        where = self.where
        tables = [folder / name for folder in where.recorded for name in _TABLES]
        files = (*tables, *sorted(where.spaces.glob(SPACE_FILES)), where.history, where.held_out)
        return name_of(files, str(self.seed), str(where.hidden))

    def lessons(self, layer: str, *, kernels: bool = True) -> Lessons:
        """What is learned with a layer left out; ``kernels``: see ``learn_lessons``."""
        path = None
        if self.where.kept is not None and kernels:
            path = self.where.kept / f"{self._name}-{layer}.json"
            if (known := kept.load(path, {layer}, self.library, self.history)) is not None:
                return known
        found = learn_lessons(
            {layer}, self.library, self.history, self.logs, self.seed, kernels=kernels
        )
        if path is not None:
            kept.save(path, found)
        return found

    @cached_property
    def _facts(self) -> pd.DataFrame:
        return read_facts(sorted(self.where.spaces.glob(SPACE_FILES)))

    @cached_property
    def _measured(self) -> pd.DataFrame:
        return read_measured([folder / "trials.parquet" for folder in self.where.trained_on])

    def unseen(self, layer: str) -> Simulator:
        """graphx-sim as it would be had a layer never been recorded; fitted anew if it was."""
        seen = {text.rsplit("-", 1)[0] for _, text in self.simulator.trained}
        if layer not in seen:
            return self.simulator
        if layer not in self._without:
            path = None
            if self.where.kept is not None:
                path = self.where.kept / f"{self._trained}-{layer}-graphx-sim.json"
            if path is not None and path.exists():
                self._without[layer] = load(path)
            else:
                self._without[layer] = self._fitted_without(layer)
                if path is not None:
                    self._without[layer].save(path)
        return self._without[layer]

    @cached_property
    def _trained(self) -> str:
        trials = [folder / "trials.parquet" for folder in self.where.trained_on]
        spaces = sorted(self.where.spaces.glob(SPACE_FILES))
        return name_of((*trials, *spaces, self.where.model), str(self.seed))

    def _fitted_without(self, layer: str) -> Simulator:
        LOG.info("%s: fitting graphx-sim without it", layer)
        others = self._measured[self._measured["layer"] != layer].reset_index(drop=True)
        version, known = f"{self.simulator.version}-without-{layer}", self.simulator.measured
        return train(others, self._facts, self.seed, version, **known)


def need(where: Where) -> None:
    """InputError for a file that is absent; asked before work that takes minutes, too."""
    for path in (where.history, where.model, where.held_out, *where.recorded):
        if not path.exists():
            raise InputError(f"{path}: not found; `make` builds or restores it")


def read_corpus(where: Where, seed: int) -> Corpus:
    """Read all of it; InputError names a file that is absent or not what it should be."""
    need(where)
    recordings = read_recordings(
        [folder / "trials.parquet" for folder in where.recorded],
        [folder / "cells.parquet" for folder in where.recorded],
        sorted(where.spaces.glob(SPACE_FILES)),
    )
    legal = {one.cell: one.legal.configs for one in recordings}
    logs, _ = read_predictions(where.held_out, legal)
    simulator = load(where.model)
    if where.hidden is not None:
        recordings = [one for one in recordings if one.cell.device != where.hidden]
        # What predicts another GPU's cells has learned from the hidden one too.
        logs, simulator = {}, _without_gpu(where, simulator, seed)
    library, history = Library(recordings), read_history(where.history)
    return Corpus(where, tuple(recordings), library, history, logs, simulator, seed)


def _without_gpu(where: Where, simulator: Simulator, seed: int) -> Simulator:
    """graphx-sim as it would be had nothing been recorded on the hidden GPU."""
    if where.hidden is None or where.hidden not in {device for device, _ in simulator.trained}:
        return simulator
    measured = read_measured([folder / "trials.parquet" for folder in where.trained_on])
    facts = read_facts(sorted(where.spaces.glob(SPACE_FILES)))
    return simulator_without(where.hidden, measured, facts, seed)


class Advice:
    """What is known of one layer on one GPU. ``predicted``: PREDICTIONS of the space, by cell.

    ``unseen``: as if the layer had never been recorded, also for graphx-sim. What lessons are
    learned from never holds the layer. ``searched``: no if the space is only to be ranked.
    """

    def __init__(
        self,
        corpus: Corpus,
        device: str,
        shape: Shape,
        space: Space,
        *,
        unseen: bool = False,
        searched: bool = True,
    ) -> None:
        self.corpus, self.device, self.shape, self.space = corpus, device, shape, space
        layer = layer_of(shape)
        self.simulator = corpus.unseen(layer) if unseen else corpus.simulator
        self.lessons: Lessons = corpus.lessons(layer, kernels=searched)
        legal = space.legal
        self._predicted = Covariance(self.lessons.kernel_on(device), legal)
        self._plain = Covariance(self.lessons.plain_kernel, legal)
        self.predicted: dict[Cell, pd.DataFrame] = {}

    def predict(self, cells: Iterable[Cell]) -> None:
        """Ask graphx-sim for the whole space on each cell, in the order of the space."""
        ids = [config.id for config in self.space.legal.configs]
        wanted = list(cells)
        asked = pd.DataFrame(
            {
                "cell_id": np.repeat([cell.id for cell in wanted], len(ids)),
                "config_id": ids * len(wanted),
            }
        )
        found = predict(asked, self.space.facts, self.simulator)
        parts = dict(list(found.groupby("cell_id", sort=False)))
        self.predicted = {cell: parts[cell.id].reset_index(drop=True) for cell in wanted}

    @property
    def sources(self) -> list[str]:
        """Other GPUs with a file for the layer."""
        return others_with_file(self.corpus.history, self.shape, self.device)

    def task(self, cell: Cell, sources: Sequence[str]) -> Task:
        """As the pipeline takes it."""
        logs, legal = np.log(self.predicted_us(cell)), self.space.legal
        return Task(cell, legal, sources, logs, self._predicted, self._plain)

    def predicted_us(self, cell: Cell) -> Array:
        """What graphx-sim predicts of each legal config, us, (configs,)."""
        return np.asarray(self.predicted[cell]["predicted_us"].to_numpy(dtype=float))

    def expected(self, cell: Cell, sources: Sequence[str]) -> Array:
        """Logarithm of the latency to be expected of each legal config, (configs,)."""
        return expected_logs(self.lessons, self.task(cell, sources), STRATEGIES)

    def doubted(self, cell: Cell, sources: Sequence[str]) -> tuple[Config, ...]:
        """What a search begins with, as of ``in_doubt``."""
        expected = self.expected(cell, sources)
        return in_doubt(self.lessons, self.task(cell, sources), expected, STRATEGIES)

    def ranked(self, cell: Cell, sources: Sequence[str]) -> list[tuple[Config, float]]:
        """All legal configs in the order of their merit, with what graphx-sim predicts, us."""
        order = np.argsort(self.expected(cell, sources).round(10), kind="stable")
        configs, us = self.space.legal.configs, self.predicted_us(cell)
        return [(configs[place], float(us[place])) for place in order]

    def searches(
        self, name: str, cells: Sequence[Cell], sources: Sequence[str], budget: int, margin: float
    ) -> list[Search]:
        """S1-S8 on each cell, advised by each other; ``margin``: log units, of early stop."""
        mates = Mates()
        return [
            Search(
                name,
                cell,
                self.space.legal,
                pipeline(self.lessons, self.task(cell, sources), mates, margin=margin),
                Budget(budget),
            )
            for cell in cells
        ]
