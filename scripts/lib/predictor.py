"""What a file of graphx-sim's model says of itself: its hash, and what it had learned from."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, content, read_json

# Beside a recording: packed, or as graphx-sim writes it.
MODEL_NAMES = ("model.json.xz", "model.json")


def predictor_facts(path: Path) -> dict[str, Any]:
    """``{sha256, version, datasets, layers}``; layers as [GPU, shape id].

    InputError if the file is no model.
    """
    model = read_json(path)
    try:
        return {
            "sha256": hashlib.sha256(content(path)).hexdigest(),
            "version": str(model["version"]),
            "datasets": sorted(model["evidence"]["data"]),
            "layers": [[str(name) for name in layer] for layer in model["trained"]],
        }
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: lacks {error}; it is no model of graphx-sim") from error
