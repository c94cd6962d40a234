"""What a matrix is made of: models, their baseline, switches with their settings, levels' numbers.

A file of switches is YAML, or the same as JSON for a machine without a parser of YAML. A *feature*
is a setting other than the baseline's, written ``switch=setting``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


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
    model computes, so that the reference and the baseline are no measure. ``foretold``: metrics
    over the baseline's, said before it is run.
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
    foretold: Mapping[str, float] = field(default_factory=dict)
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
    name, in the number formats ``scheme``, or as ``quantization`` (a quantization_config) says;
    ``config``, a config.json; ``weights``, a checkpoint's
    folder. ``layers`` and ``vocabulary`` make the first two smaller. ``seed``: weights are drawn by
    it (scripts.matrix.checkpoint); without one they are the engine's own random ones.
    """  # noqa: D205

    about: str
    engine: Mapping[str, Any]
    baseline: Mapping[str, str]
    of: str = ""
    scheme: str = "bf16"
    quantization: Mapping[str, Any] | None = None
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
    ``fault``: what is done to the engine, one of FAULTS.
    """

    name: str
    rides: str
    claims: str = ""
    slower: float = 0.0
    bytes: int = 0
    fault: str = ""


FAULTS = ("crash", "hang", "out_of_memory", "port_taken", "no_space")
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
    prompt, ``tg`` tokens decoded, in ``repeats`` rounds, each on ``cores`` others (0: wherever);
    ``requests`` by ``concurrency`` at once.
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
    repeats: int = 12
    cores: int = 0
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


# Fields of a model by which its weights are drawn.
WEIGHTS = ("seed", "of", "scheme", "quantization", "config", "layers", "vocabulary")


def drawn_as(matrix: Matrix, name: str) -> str:
    """The first model with the same weights, which are then drawn and referred to but once."""
    own = matrix.models[name]
    if own.seed is None:
        return name
    same = (one for one, model in matrix.models.items()
            if all(getattr(model, key) == getattr(own, key) for key in WEIGHTS))  # fmt: skip
    return next(same)


def settings_of(matrix: Matrix, model: Model, features: Sequence[str]) -> dict[str, str]:
    """Switch -> setting: the baseline with the features in it."""
    return {**model.baseline, **dict(feature_of(text) for text in features)}
