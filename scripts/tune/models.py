"""The MoE layers of public models, as a machine without a YAML parser can read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_json, read_yaml
from scripts.lib.names import unknown_name
from scripts.lib.shape import Shape
from scripts.tune.hub import nearest_known, plain, read_id, refuse_foreign, without_end

YAML, JSON = Path("data/models.yaml"), Path("results/tables/corpus/models.json")

_SIZES = ("experts", "hidden", "intermediate", "top_k")
_MOST = 64  # largest degree that is offered


@dataclass(frozen=True)
class MoeLayer:
    """A model's MoE layer, not divided by any parallelism.

    ``shared_experts``: those that every token goes through, besides ``experts``. ``hub``: ids on
    the model hub, each with the number formats that it is stored in.
    """

    name: str
    experts: int
    hidden: int
    intermediate: int
    top_k: int
    shared_experts: int = 0
    hub: Mapping[str, str] = field(default_factory=dict, compare=False)

    def shape(self, tensor_parallel: int, scheme: str, expert_parallel: int = 1) -> Shape:
        """The layer of one rank. InputError unless the degrees divide it."""
        part = self._divided("--tp", tensor_parallel, "an intermediate size of", self.intermediate)
        local = self._divided("--ep", expert_parallel, "a number of experts of", self.experts)
        return Shape(local, part, self.hidden, min(self.top_k, local), scheme)

    def _divided(self, option: str, degree: int, what: str, size: int) -> int:
        if degree < 1 or size % degree:
            fits = [d for d in range(1, _MOST + 1) if size % d == 0]
            raise InputError(
                f"{option} {degree}: {self.name} has {what} {size}, which it does not divide; "
                f"use one of {', '.join(map(str, fits))}"
            )
        return size // degree

    def with_shared_fused(self) -> MoeLayer:
        """As runtimes run it that treat shared experts as routed ones: more experts, more of them
        a token. InputError if the model has none."""  # noqa: D205,D209
        if not self.shared_experts:
            raise InputError(
                f"--fuse-shared: {self.name} has no shared expert that is known here; leave it out"
            )
        more = self.shared_experts
        return replace(self, experts=self.experts + more, top_k=self.top_k + more, shared_experts=0)


@cache
def plain_models(path: Path = YAML) -> dict[str, dict[str, Any]]:
    """Entries by model name, from the YAML table. InputError names one without its sizes."""
    found = {}
    for entry in read_yaml(path)["models"]:
        missing = [name for name in ("name", *_SIZES) if name not in entry]
        if missing:
            raise InputError(f"{path}: {entry.get('name')}: {', '.join(missing)} missing")
        sizes = {name: int(entry[name]) for name in _SIZES}
        more = {"shared_experts": int(entry.get("shared_experts", 0)), "hub": entry.get("hub", {})}
        found[str(entry["name"])] = sizes | more
    return found


def find_model(
    name: str, scheme: str | None = None, path: Path | None = None
) -> tuple[MoeLayer, str | None]:
    """The layer of a model, and the number formats that its id implies, if any.

    ``name``: as in the table or as on the model hub, whatever the case. ``scheme``: what the user
    says instead. ``path``: a JSON table; by default the YAML table, or where it cannot be read the
    JSON table that `make` has built. InputError offers the nearest names.
    """
    models = _read(path)
    key = nearest_known(name.strip().lower(), models)
    if key is not None:
        return _layer(key, models), None
    typed = name.strip().lower()
    for known, entry in models.items():
        for model_id, stored in entry["hub"].items():
            # An id is also told from its last part, by which people speak of it: GLM-4.6.
            if typed in (model_id.lower(), plain(model_id)):
                return _layer(known, models), scheme or stored
    refuse_foreign(name)
    bare = without_end(name)
    key = nearest_known(bare, models)
    if key is None:
        raise unknown_name("model", plain(name) if "/" in name else name, _every_name(models))
    if scheme is not None:
        return _layer(key, models), scheme
    native = published(_layer(key, models)) if bare == plain(name) else None
    return _layer(key, models), read_id(name).scheme or native


def published(layer: MoeLayer) -> str | None:
    """The number formats that the publisher stores a model in, if they are known."""
    return next(iter(layer.hub.values()), None)


def known_models(path: Path | None = None) -> list[str]:
    """Every name that ``find_model`` knows, ids on the hub included."""
    return _every_name(_read(path))


def _every_name(models: Mapping[str, Any]) -> list[str]:
    return [*models, *(model_id for entry in models.values() for model_id in entry["hub"])]


def _layer(key: str, models: Mapping[str, Any]) -> MoeLayer:
    return MoeLayer(key, **models[key])


def _read(path: Path | None) -> dict[str, Any]:
    if path is not None:
        return dict(read_json(path))
    try:
        return plain_models()
    except ImportError as error:
        if JSON.exists():
            return dict(read_json(JSON))
        raise InputError(
            f"{JSON}: not found, and this Python reads no YAML; bring it from where `make` was "
            "run, or name the layer with --shape"
        ) from error
