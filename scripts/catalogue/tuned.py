"""Files that graphx itself tuned on a GPU, of the runs that are recorded."""

from __future__ import annotations

from pathlib import Path

from scripts.export.configs import Tuned, read_tuned
from scripts.lib.recordings import Role, recordings
from scripts.lib.shape import Shape


def tuned(shape: Shape, device: str) -> Tuned | None:
    """The record of the layer on the GPU, if it was tuned there."""
    for one in recordings(Role.TUNED, device=device):
        found = read_tuned(Path(one.path, "tuned.json"))
        if found.shape == shape:
            return found
    return None
