"""data/models.yaml: the MoE layers of public models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_yaml

# Fields of a model that may be left out.
OPTIONAL: Mapping[str, type] = {"shared_experts": int, "hub": dict}
NOTHING: Mapping[str, type] = {}
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Model:
    """The MoE layer of a model: sizes as in its config, ``released`` as YYYY-MM."""

    name: str
    experts: int
    hidden: int
    intermediate: int
    top_k: int
    released: str
    source: str
    checked: str
    shared_experts: int = 0
    hub: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def entry(self) -> dict[str, Any]:
        """What tuning reads: the sizes, shared experts and ids on the model hub."""
        return self.sizes | {"shared_experts": self.shared_experts, "hub": dict(self.hub)}

    @property
    def sizes(self) -> dict[str, int]:
        """experts, hidden, intermediate, top_k."""
        names = ("experts", "hidden", "intermediate", "top_k")
        return {name: getattr(self, name) for name in names}

    @property
    def month(self) -> int:
        """Month of release, counted from year 0."""
        year, month = self.released.split("-")
        return 12 * int(year) + int(month)


@dataclass(frozen=True)
class Default:
    """What is assumed of a layer that fits no model."""

    hidden: int
    top_k: int


@dataclass(frozen=True)
class Models:
    """All models, and the default."""

    default: Default
    models: tuple[Model, ...]


def read_models(path: Path) -> Models:
    """Read the table of models. Raises InputError naming the entry and the field at fault."""
    content = read_yaml(path)
    top = _record(content, {"default": dict, "models": list}, f"{path}")
    default = Default(**_record(top["default"], _types(Default), f"{path}: default"))
    models = []
    for number, entry in enumerate(top["models"], start=1):
        where = f"{path}: model {number}"
        model = Model(**_record(entry, _types(Model), where, OPTIONAL))
        if not _MONTH.fullmatch(model.released):
            raise InputError(f"{where}: released is {model.released!r}; write it as YYYY-MM")
        models.append(model)
    names = [model.name for model in models]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: listed twice: {', '.join(twice)}")
    return Models(default, tuple(models))


def _types(record: type[Model] | type[Default]) -> dict[str, type]:
    named = (one for one in fields(record) if one.name not in OPTIONAL)
    return {one.name: int if one.type == "int" else str for one in named}


def _record(
    value: Any, types: dict[str, type], where: str, optional: Mapping[str, type] = NOTHING
) -> dict[str, Any]:
    """Check that ``value`` is a mapping of just these fields with values of these types."""
    if not isinstance(value, dict):
        raise InputError(f"{where}: must be a mapping with {', '.join(types)}")
    missing = [name for name in types if name not in value]
    unknown = [str(name) for name in value if name not in (*types, *optional)]
    if missing or unknown:
        raise InputError(f"{where}: missing fields {missing}, unknown fields {unknown}")
    there = {name: kind for name, kind in optional.items() if name in value}
    for name, kind in (dict(types) | there).items():
        found = value[name]
        if type(found) is not kind or (isinstance(found, int) and found < 1):
            raise InputError(f"{where}: {name} is {found!r}, not a valid {kind.__name__}")
    return value
