"""Completely measured layers, as benches replay them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np

from scripts.audit.bench import Array
from scripts.audit.noise import Noise
from scripts.lib.config import Config
from scripts.lib.shape import Cell, Shape
from scripts.transfer.recording import Recording, read_recordings

LOG = logging.getLogger("audit.layers")


@dataclass(frozen=True)
class Layer:
    """One layer on one GPU. ``us``: of the legal configs, shape (tokens, tactics), NaN where one
    failed; ``tokens`` ascend."""  # noqa: D205,D209

    device: str
    shape: Shape
    tokens: tuple[int, ...]
    tactics: tuple[Config, ...]
    us: Array

    @property
    def id(self) -> str:
        """For example ``NVIDIA_H200/E8-N3584-K4096-top2-bf16``."""
        return f"{self.device}/{self.shape.id}"

    @cached_property
    def places(self) -> dict[Config, int]:
        """Place of each tactic."""
        return {config: place for place, config in enumerate(self.tactics)}

    def cell(self, tokens: int) -> Cell:
        """The layer's cell."""
        return Cell(self.device, self.shape, tokens)

    def local(self, ranks: int, layers: Iterable[Layer]) -> Layer | None:
        """The layer of one rank of several: its share of the experts, all else alike but for how
        many of them a token can have; None if it was not measured."""  # noqa: D205,D209
        own = self.shape
        for one in layers:
            shape = one.shape
            alike = replace(own, experts=shape.experts, top_k=shape.top_k) == shape
            fits = shape.top_k <= own.top_k if ranks > 1 else shape.top_k == own.top_k
            same = alike and fits and one.device == self.device
            if same and shape.experts * ranks == own.experts:
                return one
        return None

    def only(self, places: Sequence[int]) -> Layer:
        """The layer with some of its tactics."""
        kept = tuple(self.tactics[place] for place in places)
        return Layer(self.device, self.shape, self.tokens, kept, self.us[:, places])


def layers_of(recordings: Iterable[Recording]) -> list[Layer]:
    """One for each (GPU, shape); ``recordings`` sorted by cell."""
    found = []
    for (device, shape), of_layer in groupby(recordings, lambda r: (r.cell.device, r.cell.shape)):
        rows = list(of_layer)
        legal = rows[0].legal
        us = np.stack([one.latency_us[: len(legal)] for one in rows])
        tokens = tuple(one.cell.tokens for one in rows)
        found.append(Layer(device, shape, tokens, legal.configs, us))
    return found


def with_noise(layers: Iterable[Layer], noise: Noise) -> list[Layer]:
    """Those on GPUs whose noise is recorded too; the others cannot be replayed, and are logged."""
    every = list(layers)
    for device in sorted({one.device for one in every if not noise.of(one.device)}):
        LOG.info("%s: no finals with fresh orders are recorded; left out", device)
    return [one for one in every if noise.of(one.device)]


def read_layers(
    trials: Sequence[Path], cells: Sequence[Path], spaces: Iterable[Path], noise: Noise
) -> list[Layer]:
    """As ``scripts.transfer.recording.read_recordings`` does, on GPUs whose noise is recorded."""
    return with_noise(layers_of(read_recordings(trials, cells, spaces)), noise)
