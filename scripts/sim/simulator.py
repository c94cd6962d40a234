"""The simulator: equations, then the learned correction; what it predicts, with all its parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.files import InputError, read_json, write_json
from scripts.sim.learned.features import features
from scripts.sim.learned.forest import Forest, Tree
from scripts.sim.model.gemm import Gemm, gemms
from scripts.sim.model.parameters import Parameters
from scripts.sim.model.timing import Timing, time_gemm

FORMAT = 1  # of the model file; 1: first version
# The correction is a factor of exp(this) at most: measured residuals stay below it.
_MOST = 2.0


@dataclass(frozen=True)
class Simulator:
    """A model. ``version``: v1, v2, …; ``trained``: what it has seen (device and scheme pairs)."""

    version: str
    parameters: Parameters
    forest: Forest
    names: tuple[str, ...]
    trained: tuple[tuple[str, str], ...]
    evidence: dict[str, Any]

    def predict_us(self, asked: pd.DataFrame) -> np.ndarray:
        """Latency of one pass of both GEMMs for each question, us."""
        parts = time_layer(asked, self.parameters)
        return analytical_us(parts) * self.correction(asked, parts)

    def correction(self, asked: pd.DataFrame, parts: Parts) -> np.ndarray:
        """The learned factor of each question."""
        rows = features(asked, parts)
        if tuple(rows.columns) != self.names:
            raise InputError(f"model {self.version}: made for other features; fit it again")
        return np.exp(np.clip(self.forest.predict(rows.to_numpy()), -_MOST, _MOST))

    def save(self, path: Path) -> None:
        """Write the model as JSON: numbers only, no library's objects."""
        body = {
            "format": FORMAT,
            "version": self.version,
            "parameters": self.parameters.values(),
            "features": list(self.names),
            "baseline": self.forest.baseline,
            "trees": [tree.to_json() for tree in self.forest.trees],
            "trained": [list(pair) for pair in self.trained],
            "evidence": self.evidence,
        }
        write_json(path, body)


Parts = tuple[tuple[Gemm, Timing], tuple[Gemm, Timing]]


def load(path: Path) -> Simulator:
    """Read a model file. InputError names what is wrong with it."""
    body = read_json(path)
    try:
        if body["format"] != FORMAT:
            raise InputError(f"{path}: model format {body['format']}, expected {FORMAT}")
        names = tuple(body["features"])
        trees = tuple(Tree.read(tree) for tree in body["trees"])
        return Simulator(
            body["version"],
            Parameters.read(body["parameters"]),
            Forest(body["baseline"], trees, len(names)),
            names,
            tuple((device, scheme) for device, scheme in body["trained"]),
            body["evidence"],
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"{path}: not a graphx-sim model ({error!r}); fit it again") from error


def time_layer(asked: pd.DataFrame, parameters: Parameters) -> Parts:
    """Both GEMMs of each question with their times by the equations alone."""
    up, down = gemms(asked)
    return (up, time_gemm(up, parameters)), (down, time_gemm(down, parameters))


def analytical_us(parts: Parts) -> np.ndarray:
    """Latency by the equations alone, us."""
    return np.asarray(sum(timing.seconds for _, timing in parts) * 1e6)
