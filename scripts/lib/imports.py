"""Which files a module runs: what it imports of this repository, and what that imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_TOPS = ("scripts", "kernels")


def closure(roots: Iterable[Path]) -> list[Path]:
    """The files that the modules run, sorted, themselves included.

    ``roots``: modules, or folders that stand for all modules in them. Imports inside functions
    count, and so does a string that is a module's dotted name and nothing else, for it is what
    starts a process or imports by name. With a module come the packages that it lies in and, of the
    package that it lies in directly, the files that are no modules (templates, tables). Paths are
    relative to the current folder, which is the repository's.
    """
    waiting = [path for root in roots for path in _modules(root)]
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += _imported(path)
    return sorted(
        seen | {path for folder in {one.parent for one in seen} for path in _data(folder)}
    )


def _modules(root: Path) -> list[Path]:
    return list(root.rglob("*.py")) if root.is_dir() else [root]


@cache
def _imported(path: Path) -> tuple[Path, ...]:
    """Files of this repository that a module imports directly, and the packages around it."""
    text = path.read_text(encoding="utf-8")
    names = set(_names(ast.parse(text, filename=str(path))))
    packages = [one / "__init__.py" for one in path.parents if one.parts]
    found = [file for name in sorted(names) for file in _files(name)]
    return tuple(dict.fromkeys([*(one for one in packages if one.is_file()), *found]))


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            yield node.value


@cache
def _files(name: str) -> tuple[Path, ...]:
    """The files that a dotted name stands for: a module, or what a package offers."""
    parts = name.split(".")
    if parts[0] not in _TOPS or not all(part.isidentifier() for part in parts):
        return ()
    whole = Path(*parts)
    for path in (whole, whole.parent):
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return (file,)
    return ()


@cache
def _data(folder: Path) -> tuple[Path, ...]:
    """Files of a package that are no modules, those of folders that are no packages included."""
    found: list[Path] = []
    for path in folder.iterdir():
        if path.name == "__pycache__":
            continue
        if path.is_dir():
            if not (path / "__init__.py").exists():
                found += _data(path)
        elif path.suffix != ".py":
            found.append(path)
    return tuple(found)
