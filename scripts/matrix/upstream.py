"""References into the runtime's source, held against the source that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from scripts.matrix.switches import Matrix, Reference

PACKAGE = "vllm"


class Place(StrEnum):
    """Where a reference's snippet is today."""

    THERE = "there"
    CHANGED = "changed"  # the file is there and says it no more
    GONE = "gone"  # so is the file
    NO_SOURCE = "no_source"  # the runtime is not installed


def references(matrix: Matrix) -> dict[str, Reference]:
    """All of a matrix: ``switch=setting`` of what is not supported, and names of to-dos."""
    found = {
        f"{switch}={name}": setting.reference
        for switch, one in matrix.switches.items()
        for name, setting in one.settings.items()
        if setting.reference is not None
    }
    return found | {name: todo.reference for name, todo in matrix.upstream.items()}


def installed() -> Path | None:
    """The runtime's package, if there is one. Nothing of it is imported."""
    spec = find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None


def check(wanted: Mapping[str, Reference], folder: Path | None) -> dict[str, str]:
    """Name -> Place. ``folder``: of the package; blanks and line ends do not count."""
    return {name: str(_place(one, folder)) for name, one in wanted.items()}


def _place(reference: Reference, folder: Path | None) -> Place:
    if folder is None:
        return Place.NO_SOURCE
    file = folder / reference.file
    if not file.is_file():
        return Place.GONE
    text = file.read_text(encoding="utf-8", errors="replace")
    there = _plain(reference.snippet) in _plain(text)
    return Place.THERE if there else Place.CHANGED


def _plain(text: str) -> str:
    return "".join(text.split())
