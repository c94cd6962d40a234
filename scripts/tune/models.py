"""The MoE layers of public models, as a machine without a YAML parser can read them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_json, read_yaml
from scripts.lib.names import unknown_name
from scripts.lib.shape import Shape

YAML, JSON = Path("data/models.yaml"), Path("results/tables/models.json")

_SIZES = ("experts", "hidden", "intermediate", "top_k")


@dataclass(frozen=True)
class MoeLayer:
    """A model's MoE layer, not divided by any parallelism."""

    name: str
    experts: int
    hidden: int
    intermediate: int
    top_k: int

    def shape(self, tensor_parallel: int, scheme: str) -> Shape:
        """The layer of one rank. InputError unless the degree divides the intermediate size."""
        if tensor_parallel < 1 or self.intermediate % tensor_parallel:
            fits = [d for d in range(1, 65) if self.intermediate % d == 0]
            raise InputError(
                f"--tp {tensor_parallel}: {self.name} has an intermediate size of "
                f"{self.intermediate}, which it does not divide; use one of "
                f"{', '.join(map(str, fits))}"
            )
        part = self.intermediate // tensor_parallel
        return Shape(self.experts, part, self.hidden, self.top_k, scheme)


def plain_models(path: Path = YAML) -> dict[str, dict[str, int]]:
    """Sizes by model name, from the YAML table. InputError names an entry without one of them."""
    found = {}
    for entry in read_yaml(path)["models"]:
        missing = [name for name in ("name", *_SIZES) if name not in entry]
        if missing:
            raise InputError(f"{path}: {entry.get('name')}: {', '.join(missing)} missing")
        found[str(entry["name"])] = {name: int(entry[name]) for name in _SIZES}
    return found


def find_model(name: str, path: Path | None = None) -> MoeLayer:
    """The layer of a model, whatever the case; InputError offers the nearest names.

    ``path``: the JSON table, by default the one that `make` has built, or else the YAML table.
    """
    models = _read(path)
    key = {known.lower(): known for known in models}.get(name.strip().lower())
    if key is None:
        raise unknown_name("model", name, models)
    return MoeLayer(key, **models[key])


def _read(path: Path | None) -> dict[str, Any]:
    if path is not None or JSON.exists():
        return dict(read_json(path or JSON))
    try:
        return plain_models()
    except ImportError as error:
        raise InputError(
            f"{JSON}: not found, and this Python reads no YAML; bring it from where `make` was "
            "run, or name the layer with --shape"
        ) from error
