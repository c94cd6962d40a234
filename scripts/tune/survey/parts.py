"""The parts of a survey: what each measures, in which recording it ends, and its file of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_json, write_json
from scripts.lib.recordings import Role

FILE = "survey.json"
VERSION = 1  # of FILE; 1: first version


class Kind(StrEnum):
    """How a part is measured."""

    SWEEP = "sweep"  # a plan's candidates
    STUDY = "study"  # searches on the GPU itself, layer by layer
    AGAIN = "again"  # what the study chose, in finals of their own
    PEAKS = "peaks"  # the rates that rooflines divide by
    CORRECTNESS = "correctness"  # kernels against the reference


@dataclass(frozen=True)
class Part:
    """``name``: of its plan, too. ``recording``: what it is a part of, as the registry names it.

    ``seconds``: estimate of the time it holds the machine; None where no record tells.
    ``shapes``: layers of a study. ``elsewhere``: measured again, so on another machine than before.
    """

    name: str
    kind: Kind
    recording: str
    role: Role
    seconds: float | None = None
    cells: int = 0
    trials: int = 0
    binaries: int = 0
    shapes: tuple[str, ...] = ()
    repeats: str | None = None
    elsewhere: bool = False

    @property
    def plan(self) -> str:
        """Its PLAN table, beside FILE."""
        return f"{self.name}.parquet"


@dataclass(frozen=True)
class Survey:
    """``parts`` in the order in which they are measured; ``about``: what they were planned from."""

    device: str
    parts: tuple[Part, ...]
    about: dict[str, Any]

    def write(self, folder: Path) -> None:
        """Into ``folder/FILE``."""
        body = {"version": VERSION, "device": self.device, "parts": [asdict(p) for p in self.parts]}
        write_json(folder / FILE, body | {"about": self.about})


def read_survey(folder: Path) -> Survey:
    """What ``graphx survey`` wrote. InputError if it is not there or of another version."""
    path = folder / FILE
    if not path.exists():
        raise InputError(f"{path}: not found; `graphx survey --device GPU --out {folder}` plans it")
    body = read_json(path)
    try:
        if body["version"] != VERSION:
            raise InputError(f"{path}: version {body['version']}, wanted {VERSION}; plan it anew")
        parts = [
            Part(**part | {"kind": Kind(part["kind"]), "role": Role(part["role"]),
                           "shapes": tuple(part["shapes"])})
            for part in body["parts"]
        ]  # fmt: skip
        return Survey(str(body["device"]), tuple(parts), body["about"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: {error}; plan it anew") from error


def named(parts: Sequence[Part], texts: Sequence[str] | None) -> list[Part]:
    """Those whose name begins with one of the texts; without texts all but those ``elsewhere``.

    InputError for a text with which no name begins.
    """
    if texts is None:
        return [part for part in parts if not part.elsewhere]
    for text in texts:
        if not any(part.name.startswith(text) for part in parts):
            names = ", ".join(part.name for part in parts)
            raise InputError(f"--parts {text}: no part's name begins so; parts: {names}")
    return [part for part in parts if part.name.startswith(tuple(texts))]
