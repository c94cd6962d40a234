"""The simulator: equations, then the learned correction; what it predicts, with all its parts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.files import InputError, read_json, write_text
from scripts.sim.arrays import Array
from scripts.sim.learned.committee import Committee
from scripts.sim.learned.features import features
from scripts.sim.model.gemm import Gemm, gemms
from scripts.sim.model.parameters import Parameters
from scripts.sim.model.timing import Timing, time_gemm

FORMAT = 1  # of the model file; 1: first version
# The correction is a factor of exp(this) at most: measured residuals stay below it.
_MOST = 2.0


@dataclass(frozen=True)
class Simulator:
    """A model. ``version``: v1, v2, …; ``trained``: (GPU, shape id) pairs it has learned from."""

    version: str
    parameters: Parameters
    committee: Committee
    trained: tuple[tuple[str, str], ...]
    evidence: dict[str, Any]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """SIM_ERRORS rows, of this model or the one that it follows; none if none were measured."""
        return list(self.evidence.get("errors", []))

    @property
    def errors_of(self) -> str | None:
        """The version that ``errors`` were measured with, each time without what was predicted."""
        found: str | None = self.evidence.get("errors_of")
        return found

    @property
    def measured(self) -> dict[str, Any]:
        """The evidence that a model made from this one by the same steps keeps."""
        return {key: self.evidence[key] for key in ("errors", "errors_of") if key in self.evidence}

    def predict_us(self, asked: pd.DataFrame) -> Array:
        """Latency of one pass of both GEMMs for each question, us."""
        parts = time_layer(asked, self.parameters)
        return analytical_us(parts) * self.correction(asked, parts)

    def correction(self, asked: pd.DataFrame, parts: Parts) -> Array:
        """The learned factor of each question."""
        try:
            missed = self.committee.predict(features(asked, parts))
        except KeyError as error:
            raise InputError(f"model {self.version}: {error}; fit it again") from error
        return np.exp(np.clip(missed, -_MOST, _MOST))

    def save(self, path: Path) -> None:
        """Write the model as JSON: numbers only, no library's objects."""
        body = {
            "format": FORMAT,
            "version": self.version,
            "parameters": self.parameters.values(),
            "committee": self.committee.to_json(),
            "trained": [list(pair) for pair in self.trained],
            "evidence": self.evidence,
        }
        # One line: three quarters of a million numbers are not for reading.
        write_text(path, json.dumps(body, sort_keys=True, separators=(",", ":")) + "\n")


Parts = tuple[tuple[Gemm, Timing], tuple[Gemm, Timing]]


def load(path: Path) -> Simulator:
    """Read a model file. InputError names what is wrong with it."""
    if not path.exists():
        raise InputError(f"{path}: there is no model yet; `make` fits one")
    body = read_json(path)
    try:
        if body["format"] != FORMAT:
            raise InputError(f"{path}: model format {body['format']}, expected {FORMAT}")
        return Simulator(
            body["version"],
            Parameters.read(body["parameters"]),
            Committee.read(body["committee"]),
            tuple((device, scheme) for device, scheme in body["trained"]),
            body["evidence"],
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"{path}: not a graphx-sim model ({error!r}); fit it again") from error


def time_layer(asked: pd.DataFrame, parameters: Parameters) -> Parts:
    """Both GEMMs of each question with their times by the equations alone."""
    up, down = gemms(asked)
    return (up, time_gemm(up, parameters)), (down, time_gemm(down, parameters))


def analytical_us(parts: Parts) -> Array:
    """Latency by the equations alone, us."""
    return np.asarray(sum(timing.seconds for _, timing in parts) * 1e6)
