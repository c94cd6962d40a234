"""Functions taken out of a source file as they stand, to run them without all that it imports."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

Namespace = dict[str, Any]


def cut(
    path: Path,
    names: Iterable[str],
    given: Mapping[str, Any],
    modules: Mapping[str, Mapping[str, Any]] | None = None,
) -> Namespace:
    """The functions and constants ``names`` of a file, run with ``given`` as the other globals.

    ``names``: at the top level, or ``Class.method``, which loses its decorators. ``modules``: what
    imports inside of the functions get; other imports are real. A name that the file lacks is left
    out. The code is compiled under the file's own name and lines.
    """
    namespace: Namespace = {
        **given,
        "__builtins__": _builtins(modules or {}),
        "__file__": str(path),
    }
    namespace["__name__"] = path.stem
    exec(_compiled(path, frozenset(names)), namespace)
    return namespace


@cache
def _compiled(path: Path, wanted: frozenset[str]) -> CodeType:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    future = ast.parse("from __future__ import annotations").body
    tree.body = [*future, *(node for node in _nodes(tree) if _name(node) in wanted)]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            node.name = node.name.rpartition(".")[2] or node.name
    return compile(tree, str(path), "exec")


def _nodes(tree: ast.Module) -> Iterable[ast.stmt]:
    for node in tree.body:
        yield node
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    inner.decorator_list = []
                    inner.name = f"{node.name}.{inner.name}"
                    yield inner


def _name(node: ast.stmt) -> str | None:
    if isinstance(node, ast.FunctionDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return None


def _builtins(modules: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    def stand_in(name: str, *args: Any, **kwargs: Any) -> Any:
        if name in modules:
            return SimpleNamespace(**modules[name])
        return builtins.__import__(name, *args, **kwargs)

    return {**vars(builtins), "__import__": stand_in}
