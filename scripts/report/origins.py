"""Where the figures of the summary come from: the table of each, and the command that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from scripts.lib.files import InputError, sha256
from scripts.report.section import Origin, Section, Source
from scripts.report.sections import SECTIONS


def _of(section: Section) -> Iterator[tuple[str, tuple[Origin, ...]]]:
    """Patterns of paths and their origins: of figures, of constants, of rows to browse."""
    folder = f"scripts/report/sections/{section.name}"
    file = folder if Path(folder).is_dir() else f"{folder}.py"
    yield from ((name, (Origin(file),)) for name in section.words)
    for pattern, found in section.origins.items():
        yield pattern, tuple(one.origin if isinstance(one, Source) else one for one in found)
    for name, rows in section.rows.items():
        yield f"rows/{name}", tuple(table.origin for table in rows.tables)


ORIGINS = dict(pair for section in SECTIONS for pair in _of(section))


@cache
def origins(path: str) -> tuple[Origin, ...]:
    """The origins of the value at a path; none if nobody has said where it comes from."""
    parts = path.split("/")
    grouped = _by_first_part(tuple(ORIGINS))
    found = [
        pattern
        for first in (parts[0], "*")
        for pattern in grouped.get(first, ())
        if _begins(parts, pattern)
    ]
    if not found:
        return ()
    longest = max(found, key=len)
    return ORIGINS["/".join(longest)]


@cache
def _by_first_part(patterns: tuple[str, ...]) -> dict[str, list[list[str]]]:
    """Patterns in their parts, by the first of them: of some hundred only a few are looked at."""
    found: dict[str, list[list[str]]] = {}
    for pattern in patterns:
        parts = pattern.split("/")
        found.setdefault(parts[0], []).append(parts)
    return found


def sources(paths: Iterable[Path]) -> list[dict[str, str]]:
    """Each file once, in order of its name: ``file``, ``sha256``, the ``command`` that makes it."""
    made = {one.file: one.command for found in ORIGINS.values() for one in found}
    rows = []
    for path in sorted(set(paths)):
        name = path.as_posix()
        if not path.is_file():
            raise InputError(f"{path}: not found; `make` builds it")
        command = made.get(name) or made.get(f"{name.rpartition('/')[0]}/") or "make " + name
        rows.append({"file": name, "sha256": sha256(path), "command": command})
    return rows


def _begins(parts: list[str], pattern: list[str]) -> bool:
    return len(parts) >= len(pattern) and all(
        wanted in ("*", part) for part, wanted in zip(parts, pattern, strict=False)
    )
