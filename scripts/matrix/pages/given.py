"""The files beside the tables that pages are written from, read and looked at before they are used.

A line of each is named with what is wanted in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_json, read_yaml
from scripts.matrix.pages.content import BEARS
from scripts.matrix.typed import wrong

_MANY = tuple[Mapping[str, Any], ...]
_TARGETS: Mapping[str, Any] = {
    "device": str,
    "model": str,
    "published": _MANY,
}
_PUBLISHED: Mapping[str, Any] = {"runtime": str, "tg32": float}
_MORE: Mapping[str, Any] = {"pp2048": float, "rounded": bool}
_RUN: Mapping[str, Any] = {
    "metadata": Mapping[str, Any], "references": Mapping[str, str], "unequal": _MANY,
}  # fmt: skip
_UNEQUAL: Mapping[str, Any] = {"name": str, "first": str, "second": str, "bears": str}


def read_targets(path: Path) -> dict[str, Any]:
    """Figures that others published: device, model, published. InputError names the field."""
    found = _fields(read_yaml(path), f"{path}: ", _TARGETS)
    for number, one in enumerate(found["published"], start=1):
        where = f"{path}: published, entry {number}: "
        _fields(one, where, _PUBLISHED)
        _fields(one, where, {name: hint for name, hint in _MORE.items() if name in one})
    return found


def read_runs(path: Path) -> list[dict[str, Any]]:
    """Of each record its metadata, references and unequal premises. InputError names the field."""
    runs = read_json(path)
    if not isinstance(runs, list):
        raise InputError(f"{path}: holds no list of runs; judge the record again")
    for number, run in enumerate(runs, start=1):
        where = f"{path}: run {number}: "
        for one in _fields(run, where, _RUN)["unequal"]:
            bears = _fields(one, f"{where}unequal: ", _UNEQUAL)["bears"]
            if bears not in BEARS:
                raise InputError(f"{where}unequal: bears: {bears!r}; one of {', '.join(BEARS)}")
    return runs


def _fields(value: Any, where: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """``value``, which has the fields that are wanted."""
    if not isinstance(value, dict):
        raise InputError(f"{where}{str(value)[:40]!r}; names with their values")
    for name, hint in wanted.items():
        if name not in value:
            raise InputError(f"{where}lacks {name}; add it")
        if said := wrong(value[name], hint):
            raise InputError(f"{where}{name}: {said}")
    return value
