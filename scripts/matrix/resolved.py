"""A matrix with its models' whole config.json in the place of their names: JSON for any machine."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from scripts.engine.architecture import QUANTIZATION, config_of, with_layers
from scripts.lib.files import InputError
from scripts.matrix.switches import Matrix, Model


def resolved(matrix: Matrix) -> Matrix:
    """With the configs of known models in it. InputError for a name that is not known."""
    models = {name: _resolved(name, model) for name, model in matrix.models.items()}
    return replace(matrix, models=models)


def _resolved(name: str, model: Model) -> Model:
    if model.weights:
        return model
    if model.of and model.scheme not in QUANTIZATION:
        known = ", ".join(QUANTIZATION)
        raise InputError(f"models.{name}: scheme: {model.scheme!r} is none of {known}")
    config = dict(model.config or config_of(model.of))
    quantization = model.quantization or (QUANTIZATION[model.scheme] if model.of else None)
    if quantization is not None:
        config["quantization_config"] = dict(quantization)
    if model.layers is not None:
        config = with_layers(config, model.layers)
    if model.vocabulary is not None:
        config["vocab_size"] = model.vocabulary
    return replace(model, of="", quantization=None, config=config)


def as_json(matrix: Matrix) -> dict[str, Any]:
    """What ``switches.parse`` reads back."""
    made: dict[str, Any] = json.loads(json.dumps(asdict(matrix)))
    return made
