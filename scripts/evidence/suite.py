"""A suite: named legs, each a configuration of engine and switches, and what all are asked.

A team writes it as YAML; ``scripts.evidence.plan`` makes of that the JSON which a run takes, where
nothing is left to be looked up: models are whole config.json files, config files their rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from scripts.engine.spec import EngineSpec, spec_of
from scripts.lib.files import InputError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
SHIPPED = "shipped"  # in the place of rows: those of the engine's own file of that name
SOURCES = ("argument", "environment")
_NUMBERS = {"boots": 1, "repeats": 1, "least": 1, "questions": 0, "question_seed": 0}
_PROFILE = {"batch", "input", "steps"}
_LATENCY = {"batch", "input", "output", "repeats", "warmups"}


@dataclass(frozen=True)
class Option:
    """A switch of the engine that makes what the legs measure faster, and leaves its meaning.

    It exists if the engine's source knows ``key`` among its arguments or environment variables. It
    is on in a boot whose ``fact`` is not among ``means_off``, or, without a fact, that was given
    such a value.
    """

    name: str
    source: str
    key: str
    fact: str | None = None
    means_off: tuple[Any, ...] = (False,)


@dataclass(frozen=True)
class Leg:
    """One configuration. ``rows``: of its MoE config files, written under each name in ``files``;
    None: the engine's own files. ``answering``: fields of the small model's engine, besides its
    ``weights``; None: it is asked no questions. ``packed``, ``wide``: that model's form.
    """  # noqa: D205

    name: str
    engine: Mapping[str, Any]
    answering: Mapping[str, Any] | None = None
    packed: bool = False
    wide: bool = False
    rows: Mapping[str, Any] | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suite:
    """``boots``: of each leg, the clusters of every interval; ``repeats``: in each of them, and the
    ``least`` of them without which a leg counts as cut off."""  # noqa: D205,D209

    name: str
    device: str
    legs: tuple[Leg, ...]
    boots: int = 2
    repeats: int = 6
    least: int = 2
    profile: Mapping[str, int] = field(default_factory=dict)
    latency: Mapping[str, int] = field(default_factory=dict)
    questions: int = 500
    question_seed: int = 1_000_003
    options: tuple[Option, ...] = ()


def suite_of(value: Any, where: str) -> Suite:
    """A suite from JSON. InputError naming ``where``, the field and the fix."""
    plain = _known(value, Suite, where)
    legs = tuple(_leg(one, f"{where}: leg {n}") for n, one in enumerate(plain.get("legs", []), 1))
    options = tuple(_option(one, f"{where}: options") for one in plain.get("options", []))
    made = Suite(**{**plain, "legs": legs, "options": options})
    _check(made, where)
    return made


def _known(value: Any, kind: type, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{where}: not an object; write the fields of a {kind.__name__.lower()}")
    known = {one.name for one in fields(kind)}
    for key in value:
        if key not in known:
            raise InputError(f"{where}: {key}: no such field; known are {', '.join(sorted(known))}")
    lacking = [one.name for one in fields(kind)[:2] if one.name not in value]
    if lacking:
        raise InputError(f"{where}: lacks {', '.join(lacking)}")
    return dict(value)


def _option(value: Any, where: str) -> Option:
    plain = _known(value, Option, where)
    if "means_off" in plain:
        plain["means_off"] = tuple(plain["means_off"])
    return Option(**plain)


def _leg(value: Any, where: str) -> Leg:
    plain = _known(value, Leg, where)
    leg = Leg(**{**plain, "files": tuple(plain.get("files", ()))})
    if not isinstance(leg.name, str) or not _NAME.fullmatch(leg.name):
        raise InputError(f"{where}: name: {leg.name!r}; small letters, digits, dash and _")
    if (leg.rows is None) != (not leg.files):
        raise InputError(f"{where}: rows and files: give both, or neither for the engine's own")
    spec_of({"name": leg.name, **leg.engine}, f"{where}: engine")
    return leg


def _check(suite: Suite, where: str) -> None:
    if not suite.legs:
        raise InputError(f"{where}: legs: there is none; a suite wants one at least")
    names = [leg.name for leg in suite.legs]
    if len(set(names)) < len(names):
        raise InputError(f"{where}: legs: a name stands twice; evidence is kept by leg")
    for name, least in _NUMBERS.items():
        number = getattr(suite, name)
        if not isinstance(number, int) or isinstance(number, bool) or number < least:
            raise InputError(f"{where}: {name}: {number!r}; a whole number from {least}")
    for name, keys in (("profile", _PROFILE), ("latency", _LATENCY)):
        if set(getattr(suite, name)) != keys:
            raise InputError(f"{where}: {name}: wants {', '.join(sorted(keys))}")
    for option in suite.options:
        if option.source not in SOURCES:
            raise InputError(f"{where}: options: {option.name}: source: one of {SOURCES}")


def spec(leg: Leg, name: str, folder: Path | None, weights: Path | None = None) -> EngineSpec:
    """What is booted for a leg. ``folder``: of its config files; ``weights``: of the small model,
    for the engine that answers; None: the one that is timed."""  # noqa: D205,D209
    fields_of = {**leg.engine} if weights is None else {**(leg.answering or {})}
    if weights is not None:
        fields_of["weights"] = str(weights)
    if folder is not None:
        fields_of["config_folder"] = str(folder)
    return spec_of({**fields_of, "name": name}, f"leg {leg.name}")
