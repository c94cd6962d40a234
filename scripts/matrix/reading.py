"""Read a file of switches into a Matrix; what is wrong in it is said by file, field and fix."""

from __future__ import annotations

import re
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, get_type_hints

from scripts.engine.spec import NAME
from scripts.lib.files import InputError, read_json, read_yaml
from scripts.lib.names import unknown_name
from scripts.matrix.switches import (
    FAULTS,
    LEVELS,
    Criterion,
    Matrix,
    Model,
    Numbers,
    Phase,
    Planted,
    Reference,
    Setting,
    Switch,
    Todo,
    feature_of,
)
from scripts.matrix.typed import wrong

_FROM_0 = ("cores", "heavier", "logits_diff", "near_tie", "regression")  # the others from 1


def read_matrix(path: Path) -> Matrix:
    """The matrix of a file. InputError names the file, the field and the fix."""
    value = read_json(path) if path.suffix == ".json" else read_yaml(path)
    return parse(value, str(path))


def parse(value: Any, where: str) -> Matrix:
    """As ``read_matrix``, of what stands in the file."""
    made = _known(value, Matrix, where)
    switches = {
        name: _switch(one, f"{where}: switches.{name}")
        for name, one in _named(made["switches"], f"{where}: switches")
    }
    models = {
        name: _model(one, f"{where}: models.{name}")
        for name, one in _named(made["models"], f"{where}: models")
    }
    numbers = _numbers(made.get("numbers", {}), f"{where}: numbers")
    todos = (
        {
            name: _todo(one, f"{where}: upstream.{name}")
            for name, one in _named(made["upstream"], f"{where}: upstream")
        }
        if made.get("upstream")
        else {}
    )
    found = Matrix(made["name"], str(made["release"]), switches, models, numbers, todos)
    for name, model in models.items():
        _check(found, model, f"{where}: models.{name}")
    return found


def _switch(value: Any, where: str) -> Switch:
    made = _known(value, Switch, where)
    if made["phase"] not in list(Phase)[1:-1]:
        raise InputError(
            f"{where}: phase: {made['phase']!r}; one of {', '.join(list(Phase)[1:-1])}"
        )
    settings = {
        name: _setting(one, f"{where}.settings.{name}")
        for name, one in _named(made["settings"], f"{where}: settings")
    }
    return Switch(Phase(made["phase"]), made["about"], settings)


def _setting(value: Any, where: str) -> Setting:
    made = {key: _tuple(one) for key, one in _known(value or {}, Setting, where).items()}
    criteria = made.get("criteria", ())
    made["criteria"] = tuple(Criterion(**_known(one, Criterion, where)) for one in criteria)
    if made.get("reference") is not None:
        made["reference"] = _reference(made["reference"], f"{where}: reference")
    for key in ("must_see", "must_not_see", "log", "refusal"):
        for pattern in [made[key]] if key == "refusal" and key in made else made.get(key, ()):
            _compiled(pattern, f"{where}: {key}")
    return Setting(**made)


def _reference(value: Any, where: str) -> Reference:
    return Reference(**{key: str(one) for key, one in _known(value, Reference, where).items()})


def _todo(value: Any, where: str) -> Todo:
    made = _known(value, Todo, where)
    reference = _reference(made["reference"], f"{where}: reference")
    return Todo(made["what"], made["ask"], reference)


def _model(value: Any, where: str) -> Model:
    made = {key: _tuple(one) for key, one in _known(value, Model, where).items()}
    made["cross"] = tuple(tuple(pair) for pair in made.get("cross", ()))
    made["planted"] = tuple(
        Planted(**_known(one, Planted, f"{where}: planted")) for one in made.get("planted", ())
    )
    for key, least in (("repeats", 0), ("layers", 1), ("vocabulary", 1)):
        if made.get(key) is not None:
            _at_least(least, made[key], f"{where}: {key}")
    return Model(**made)


def _check(matrix: Matrix, model: Model, where: str) -> None:
    if sum(map(bool, (model.of, model.config, model.weights))) != 1:
        raise InputError(f"{where}: give one of: of (a known model), config, weights")
    for switch, setting in model.baseline.items():
        _find(matrix, f"{switch}={setting}", f"{where}: baseline")
    for name in matrix.switches:
        if name not in model.baseline:
            raise InputError(f"{where}: baseline: lacks {name}; give it one of its settings")
    for text in (*model.features, *(one for pair in model.cross for one in pair)):
        _find(matrix, text, where)
        switch, setting = feature_of(text)
        if model.baseline[switch] == setting:
            raise InputError(f"{where}: {text} is the baseline; a feature is another setting")
    _check_pairs(model, where)
    for level in model.levels:
        if level not in LEVELS:
            raise unknown_name(f"{where}: level", level, LEVELS)
    for planted in model.planted:
        if planted.fault and planted.fault not in FAULTS:
            raise unknown_name(f"{where}: planted: fault", planted.fault, FAULTS)
        if planted.claims:
            _find(matrix, planted.claims, f"{where}: planted")


def _check_pairs(model: Model, where: str) -> None:
    for pair in model.cross:
        if len(pair) != 2 or feature_of(pair[0])[0] == feature_of(pair[1])[0]:
            raise InputError(f"{where}: cross: {list(pair)}; two features of two switches each")
        for one in pair:
            if one not in model.features:
                raise InputError(f"{where}: cross: {one} is not among its features; add it there")


def _find(matrix: Matrix, text: str, where: str) -> Setting:
    switch, setting = feature_of(text)
    if switch not in matrix.switches:
        raise InputError(f"{where}: {unknown_name('switch', switch, matrix.switches)}")
    settings = matrix.switches[switch].settings
    if setting not in settings:
        raise InputError(f"{where}: {unknown_name(f'setting of {switch}', setting, settings)}")
    return settings[setting]


def _named(value: Any, where: str) -> list[tuple[str, Any]]:
    if not isinstance(value, dict) or not value:
        raise InputError(f"{where}: names with their fields are wanted")
    for name in value:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise InputError(f"{where}: {name!r}: a name in quotes, of letters, digits, . - and _")
    return list(value.items())


def _known(value: Any, kind: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{where}: {value!r} has no fields")
    known: dict[str, Field[Any]] = {one.name: one for one in fields(kind)}
    for key in value:
        if key not in known:
            raise InputError(f"{where}: {unknown_name('field', str(key), known)}")
    needed = [
        name
        for name, one in known.items()
        if one.default is MISSING and one.default_factory is MISSING and name not in value
    ]
    if needed:
        raise InputError(f"{where}: lacks {', '.join(needed)}")
    hints = get_type_hints(kind)
    for key, one in value.items():
        if (said := wrong(one, hints[key])) is not None:
            raise InputError(f"{where}: {key}: {said}")
    return dict(value)


def _numbers(value: Any, where: str) -> Numbers:
    given = {key: _tuple(one) for key, one in _known(value, Numbers, where).items()}
    for key, one in given.items():
        _at_least(0 if key in _FROM_0 else 1, one, f"{where}: {key}")
    return Numbers(**given)


def _at_least(least: int, value: Any, where: str) -> None:
    every = value if isinstance(value, tuple) else (value,)
    if not every or min(every) < least:
        raise InputError(f"{where}: {value}; {least} or more")


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _compiled(pattern: str, where: str) -> None:
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        raise InputError(f"{where}: {pattern!r}: no regular expression ({error})") from error
