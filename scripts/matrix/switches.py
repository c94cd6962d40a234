"""What a matrix is made of: models, their baseline, switches with their settings, levels' numbers.

A file of switches is YAML, or the same as JSON for a machine without a parser of YAML. A *feature*
is a setting other than the baseline's, written ``switch=setting``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_json, read_yaml
from scripts.lib.names import unknown_name

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Phase(StrEnum):
    """The order in which cells run. A cell of a phase waits for those that it needs."""

    BASELINE = "P1"
    MOE_BACKEND = "P2"
    ACTIVATION = "P3"
    ATTENTION = "P4"
    ENGINE = "P5"
    COMBINATION = "P6"


PHASES = {
    Phase.BASELINE: "the baseline, and the baseline again",
    Phase.MOE_BACKEND: "kernels of the MoE layers",
    Phase.ACTIVATION: "number formats of their inputs",
    Phase.ATTENTION: "attention",
    Phase.ENGINE: "what the engine does around the layers",
    Phase.COMBINATION: "combinations",
}


@dataclass(frozen=True)
class Criterion:
    """``metric`` of the performance level, over the baseline's: met if at most ``at_most``."""

    metric: str
    at_most: float


@dataclass(frozen=True)
class Reference:
    """Where the runtime's source says so: ``snippet`` stands in ``file`` of its package.

    ``release`` and ``commit`` of the repository in which it was read.
    """

    release: str
    commit: str
    file: str
    snippet: str


@dataclass(frozen=True)
class Todo:
    """What is to be asked of the runtime's developers: ``what`` is so, ``ask`` what would help."""

    what: str
    ask: str
    reference: Reference


@dataclass(frozen=True)
class Setting:
    """One position of a switch.

    ``engine``: fields of EngineSpec that it sets, ``arguments`` and ``environment`` merged.
    ``must_see``, ``must_not_see``: regular expressions over the profile's names; ``log``: over the
    engine's log. ``waives``: what another switch's setting must see and this one takes away, which
    ``about`` says. ``unsupported``: why this runtime has it not on this GPU, empty if it has;
    ``refusal``: regular expression of what the engine answers then; with ``reference`` where its
    source says so. ``path_only``: its numbers are no result. ``own_outputs``: it changes what the
    model computes, so that the reference and the baseline are no measure.
    """

    about: str = ""
    engine: Mapping[str, Any] = field(default_factory=dict)
    must_see: tuple[str, ...] = ()
    must_not_see: tuple[str, ...] = ()
    waives: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    unsupported: str = ""
    refusal: str = ""
    reference: Reference | None = None
    path_only: bool = False
    own_outputs: bool = False
    hypothesis: str = ""
    criteria: tuple[Criterion, ...] = ()
    files: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Switch:
    """``settings`` by name; one of them is each model's baseline."""

    phase: Phase
    about: str
    settings: Mapping[str, Setting]


@dataclass(frozen=True)
class Model:
    """``engine``: fields of EngineSpec common to its cells. ``baseline``: a setting of each switch.
    ``features``: those tried, ``cross``: those tried together. ``repeats``: further boots of the
    baseline. ``planted``: see Planted. ``levels``: those that it goes through, if not all.

    What is booted, one of three: ``of``, a model that data/models.yaml and data/architectures.yaml
    name, in the number formats ``scheme``; ``config``, a config.json; ``weights``, a checkpoint's
    folder. ``layers`` and ``vocabulary`` make the first two smaller. ``seed``: weights are drawn by
    it (scripts.matrix.checkpoint); without one they are the engine's own random ones.
    """  # noqa: D205

    about: str
    engine: Mapping[str, Any]
    baseline: Mapping[str, str]
    of: str = ""
    scheme: str = "bf16"
    config: Mapping[str, Any] | None = None
    weights: str = ""
    layers: int | None = None
    vocabulary: int | None = None
    seed: int | None = None
    features: tuple[str, ...] = ()
    cross: tuple[tuple[str, str], ...] = ()
    repeats: int = 1
    levels: tuple[str, ...] = ()
    planted: tuple[Planted, ...] = ()


@dataclass(frozen=True)
class Planted:
    """A fault put in on purpose, to show that it is found.

    ``rides``: the cell in whose engine it runs. ``claims``: a feature whose path it claims and does
    not take. ``slower``: share by which every step is prolonged. ``bytes``: held on the GPU beside.
    ``fault``: what is done to the engine: crash, hang or out_of_memory.
    """

    name: str
    rides: str
    claims: str = ""
    slower: float = 0.0
    bytes: int = 0
    fault: str = ""


FAULTS = ("crash", "hang", "out_of_memory")
# What is asked of an engine, and the level's number.
LEVELS = {"smoke": "1", "path": "1.5", "correctness": "2", "stress": "3", "performance": "4"}


@dataclass(frozen=True)
class Numbers:
    """What the levels ask for.

    Smoke: ``smoke_tokens``. Path: ``path_batch`` sequences, ``path_steps`` decode steps.
    Correctness: ``prompts`` of ``prompt_length`` tokens, ``columns`` of their logits kept,
    ``continued`` by so many tokens; logits_diff at most ``logits_diff``; a token may differ from
    the baseline's if it comes within ``near_tie`` nats of it. Stress: ``sequence`` requests one by
    one, ``concurrent`` at once, a prompt of ``context`` tokens. Performance: ``pp`` tokens of the
    prompt, ``tg`` tokens decoded, ``repeats`` each; ``requests`` by ``concurrency`` at once.
    Regression: ``regression`` as a share of a time, ``heavier`` bytes.
    """

    smoke_tokens: int = 8
    path_batch: int = 4
    path_steps: int = 8
    prompts: int = 8
    prompt_length: int = 64
    columns: int = 256
    continued: int = 24
    logits_diff: float = 0.01
    near_tie: float = 0.1
    sequence: int = 100
    concurrent: int = 4
    context: int = 32_000
    pp: int = 2048
    tg: tuple[int, ...] = (32, 128)
    repeats: int = 5
    requests: int = 8
    concurrency: int = 4
    regression: float = 0.03
    heavier: int = 1_000_000_000


@dataclass(frozen=True)
class Matrix:
    """A whole file of switches; ``release``: of the runtime that its words are about."""

    name: str
    release: str
    switches: Mapping[str, Switch]
    models: Mapping[str, Model]
    numbers: Numbers = field(default_factory=Numbers)
    upstream: Mapping[str, Todo] = field(default_factory=dict)


def feature_of(text: str) -> tuple[str, str]:
    """``switch=setting`` taken apart."""
    switch, _, setting = text.partition("=")
    return switch, setting


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
    given = _known(made.get("numbers", {}), Numbers, f"{where}: numbers")
    numbers = Numbers(**{key: _tuple(one) for key, one in given.items()})
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
        if not isinstance(name, str) or not _NAME.fullmatch(name):
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
    return dict(value)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _compiled(pattern: str, where: str) -> None:
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        raise InputError(f"{where}: {pattern!r}: no regular expression ({error})") from error


def settings_of(matrix: Matrix, model: Model, features: Sequence[str]) -> dict[str, str]:
    """Switch -> setting: the baseline with the features in it."""
    return {**model.baseline, **dict(feature_of(text) for text in features)}
