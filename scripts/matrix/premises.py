"""What two records of a matrix have to have in common, before their numbers are compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scripts.matrix.switches import Matrix, Numbers


class Bears(StrEnum):
    """On what an unequal premise bears."""

    ALL = "all"  # nothing can be compared
    CLOCK = "clock"  # no time that the host has a part in
    NOTHING = "nothing"  # it is said; it may be what changed


@dataclass(frozen=True)
class Premise:
    """``first``, ``second``: as readers are told."""

    name: str
    first: str
    second: str
    bears: Bears

    @property
    def equal(self) -> bool:
        """Whether both records have the same."""
        return self.first == self.second


# Of the metadata; the rest of it is said in full by the records themselves.
_METADATA = {
    "gpu": Bears.ALL, "host": Bears.CLOCK, "uuid": Bears.NOTHING, "runtime": Bears.NOTHING,
    "driver": Bears.NOTHING, "cuda": Bears.NOTHING, "image": Bears.NOTHING,
    "commit": Bears.NOTHING,
}  # fmt: skip
# Of the workload: what is asked, and how it is timed.
_ASKED = ("pp", "tg", "requests", "concurrency")
_TIMED = ("repeats", "cores")


def premises(
    metadata: tuple[Mapping[str, Any], Mapping[str, Any]], numbers: tuple[Numbers, Numbers]
) -> list[Premise]:
    """Of the first record and the second."""
    return [*_of_metadata(*metadata), *_of_numbers(*numbers)]


def _of_metadata(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Premise]:
    for name, bears in _METADATA.items():
        yield Premise(name, str(first.get(name)), str(second.get(name)), bears)
    here, there = (set(map(str, one.get("packages", ()))) for one in (first, second))
    yield Premise("packages", _listed(here - there), _listed(there - here), Bears.NOTHING)


def _listed(packages: set[str]) -> str:
    return ", ".join(sorted(packages)) or "the same"


def _of_numbers(first: Numbers, second: Numbers) -> Iterator[Premise]:
    for names, bears in ((_ASKED, Bears.ALL), (_TIMED, Bears.CLOCK)):
        for name in names:
            yield Premise(name, str(getattr(first, name)), str(getattr(second, name)), bears)


def unlike(cell: str, first: Matrix, second: Matrix) -> bool:
    """Whether the model of a cell, or what its settings set, is another in the second matrix."""
    name, features = cell.partition("/")[0], cell.partition("/")[2]
    return _made_of(name, features, first) != _made_of(name, features, second)


def _made_of(name: str, features: str, matrix: Matrix) -> str:
    model = matrix.models[name]
    chosen = dict(model.baseline)
    chosen |= dict(one.split("=", 1) for one in features.split("+") if "=" in one)
    settings = {switch: dict(matrix.switches[switch].settings[one].engine)
                for switch, one in chosen.items()}  # fmt: skip
    parts = (model.config, model.of, model.scheme, model.layers, model.vocabulary, model.weights,
             model.seed, model.engine, settings)  # fmt: skip
    return json.dumps(parts, sort_keys=True, default=str)
