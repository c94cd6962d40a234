"""The cells of a matrix, in the order in which they run: P1 to P6.

A cell is a model with a setting of each switch. What it needs has to be valid before it is asked
anything: a feature needs the baseline, and what its setting names; a pair needs both its features.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.lib.files import InputError
from scripts.lib.names import unknown_name
from scripts.matrix.switches import (
    LEVELS,
    Matrix,
    Model,
    Phase,
    Planted,
    Setting,
    feature_of,
    settings_of,
)

BASELINE, AGAIN = "baseline", "again"  # also the first word of a cell's kind


@dataclass(frozen=True)
class Cell:
    """``id``: model/features. ``kind``: baseline, again, feature, pair or planted.

    ``engine``: fields of EngineSpec. ``needs``: ids of cells. ``rides``: the cell whose engine it
    is asked in. The rest as its settings have it, of all switches together.
    """

    id: str
    model: str
    kind: str
    phase: Phase
    features: tuple[str, ...]
    settings: Mapping[str, str]
    engine: Mapping[str, Any]
    needs: tuple[str, ...] = ()
    must_see: tuple[str, ...] = ()
    must_not_see: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    unsupported: str = ""
    refusal: str = ""
    path_only: bool = False
    own_outputs: bool = False
    rides: str = ""
    planted: Planted | None = None
    levels: tuple[str, ...] = tuple(LEVELS)

    @property
    def gpus(self) -> int:
        """GPUs that its engine is spread over."""
        return int(self.engine.get("arguments", {}).get("tensor_parallel_size", 1))


def cells_of(matrix: Matrix) -> list[Cell]:
    """All cells, phase by phase, models and features in the file's order."""
    every = [
        cell for name, model in matrix.models.items() for cell in _of_model(matrix, name, model)
    ]
    order = list(Phase)
    found = sorted(every, key=lambda cell: order.index(cell.phase))
    ids = [cell.id for cell in found]
    for cell in found:
        if ids.count(cell.id) > 1:
            raise InputError(f"{cell.id}: is listed twice; remove one")
        for needed in (*cell.needs, *filter(None, [cell.rides])):
            if needed not in ids:
                raise unknown_name(f"cell that {cell.id} needs", needed, ids)
    return found


def _of_model(matrix: Matrix, name: str, model: Model) -> Iterator[Cell]:
    base = f"{name}/{BASELINE}"
    yield _cell(matrix, name, base, BASELINE, Phase.BASELINE, (), ())
    for number in range(model.repeats):
        again = f"{name}/{AGAIN}-{number + 1}"
        yield _cell(matrix, name, again, AGAIN, Phase.BASELINE, (), (base,))
    for text in model.features:
        switch, setting = feature_of(text)
        needs = (base, *(f"{name}/{one}" for one in
                         matrix.switches[switch].settings[setting].needs))  # fmt: skip
        phase = matrix.switches[switch].phase
        yield _cell(matrix, name, f"{name}/{text}", "feature", phase, (text,), needs)
    for pair in model.cross:
        both = tuple(sorted(pair))
        needs = tuple(f"{name}/{one}" for one in both)
        yield _cell(
            matrix, name, f"{name}/{'+'.join(both)}", "pair", Phase.COMBINATION, both, needs
        )
    for planted in model.planted:
        yield _planted(matrix, name, model, planted)


def _cell(
    matrix: Matrix,
    model_name: str,
    name: str,
    kind: str,
    phase: Phase,
    features: tuple[str, ...],
    needs: tuple[str, ...],
) -> Cell:
    model = matrix.models[model_name]
    chosen = settings_of(matrix, model, features)
    settings = [matrix.switches[switch].settings[one] for switch, one in chosen.items()]
    return Cell(
        id=name,
        model=model_name,
        kind=kind,
        phase=phase,
        features=features,
        settings=chosen,
        engine=_merged(model.engine, settings),
        needs=needs,
        must_see=tuple(
            one for one in _joined(settings, "must_see") if one not in _joined(settings, "waives")
        ),
        must_not_see=_joined(settings, "must_not_see"),
        log=_joined(settings, "log"),
        unsupported="; ".join(one.unsupported for one in settings if one.unsupported),
        refusal="|".join(f"(?:{one.refusal})" for one in settings if one.refusal),
        path_only=any(one.path_only for one in settings),
        own_outputs=any(one.own_outputs for one in settings),
        levels=model.levels or tuple(LEVELS),
    )


def _planted(matrix: Matrix, name: str, model: Model, planted: Planted) -> Cell:
    """It rides in another cell's engine; where it claims a feature, it has that one's path."""
    if planted.claims:
        return _rider(matrix, name, planted, (planted.claims,))
    return _rider(matrix, name, planted, ())


def _rider(matrix: Matrix, name: str, planted: Planted, features: tuple[str, ...]) -> Cell:
    cell = _cell(
        matrix, name, f"{name}/planted-{planted.name}", "planted", Phase.COMBINATION, features, ()
    )
    rides = f"{name}/{planted.rides}"
    return Cell(**{**_fields(cell), "rides": rides, "planted": planted})


def _fields(cell: Cell) -> dict[str, Any]:
    return {name: getattr(cell, name) for name in cell.__dataclass_fields__}


def _joined(settings: Sequence[Setting], key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for setting in settings for one in getattr(setting, key)))


def _merged(common: Mapping[str, Any], settings: Sequence[Setting]) -> dict[str, Any]:
    """Fields of the model, then of each setting; mappings are merged key by key."""
    made: dict[str, Any] = {}
    for given in (common, *(setting.engine for setting in settings)):
        for key, value in given.items():
            old = made.get(key)
            made[key] = {**old, **value} if isinstance(old, dict) and value else value
    return made
