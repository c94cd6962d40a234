"""Which recordings may teach what is then judged on a cell: a stated choice, not an accident.

- ``layer_out``: the cells of the same GPU, but for the layer itself, in every number format.
- ``family_out``: the cells of the same GPU, but for all layers of the model family.
- ``gpu_out``: what other GPUs recorded, all layers; nothing that was recorded on the GPU itself.

Committed config files may teach under each of them, but for the files of what is left out. A
layer's family is the first word of the name of the model that the corpus takes it for (Mixtral for
Mixtral-8x7B and Mixtral-8x22B); a layer that the corpus does not know is a family of its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.shape import parse_shape
from scripts.lib.tables import read_table


class Teaching(StrEnum):
    """The choice."""

    LAYER_OUT = "layer_out"
    FAMILY_OUT = "family_out"
    GPU_OUT = "gpu_out"

    def hears(self, own: str, other: str) -> bool:
        """Whether recordings of the GPU ``other`` may teach the GPU ``own``."""
        return (own == other) != (self is Teaching.GPU_OUT)


class Families:
    """The model family of each layer, by the layer's name (a shape without its scheme)."""

    def __init__(self, by_layer: Mapping[str, str]) -> None:
        self._by_layer = by_layer

    def of(self, layer: str) -> str:
        """The family's name; the layer's own where the corpus does not know it."""
        return self._by_layer.get(layer, layer)

    def left_out(self, teaching: Teaching, layer: str, layers: Iterable[str]) -> frozenset[str]:
        """Those of ``layers`` that may not teach a cell of ``layer``, by layer alone."""
        if teaching is Teaching.GPU_OUT:
            return frozenset()
        if teaching is Teaching.LAYER_OUT:
            return frozenset([layer])
        return frozenset([layer, *(one for one in layers if self.of(one) == self.of(layer))])


NO_FAMILIES = Families({})


def read_families(path: Path) -> Families:
    """The families of a SHAPES table. InputError if it cannot be read."""
    rows = read_table(path, SHAPES, columns=["shape_id", "model"]).dropna(subset="model")
    found: dict[str, str] = {}
    for shape_id, model in sorted(zip(rows["shape_id"], rows["model"], strict=True)):
        layer = shape_id.removesuffix(f"-{parse_shape(shape_id).scheme}")
        found.setdefault(layer, str(model).split("-")[0])
    return Families(found)


def add_teaching(parser: argparse.ArgumentParser) -> None:
    """The options ``--teaching`` and ``--shapes``."""
    parser.add_argument(
        "--teaching", type=Teaching, choices=list(Teaching), default=Teaching.LAYER_OUT,
        help="what may teach: layer_out (default), family_out, gpu_out",
    )  # fmt: skip
    parser.add_argument("--shapes", type=Path, help="SHAPES table of the corpus: model families")
