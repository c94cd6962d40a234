"""Functions and files stay small enough to be read at a sitting."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Lines of a function without its docstring, and of a file; kernels are long as one piece.
MOST, MOST_OF_A_FILE = 45, 320
FILES = sorted(
    path for part in ("scripts", "rules") for ending in ("py", "smk")
    for path in (ROOT / part).rglob(f"*.{ending}")
)  # fmt: skip


def lengths(source: str) -> Iterator[tuple[str, int]]:
    """Name and lines of each function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            said = first if ast.get_docstring(node) is not None else None
            lines = (node.end_lineno or 0) - node.lineno + 1
            yield node.name, lines - ((said.end_lineno or 0) - said.lineno + 1 if said else 0)


def test_files_are_short() -> None:
    long = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: lines for name, lines in long.items() if lines > MOST_OF_A_FILE} == {}


def test_functions_are_short() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name}: {lines} lines"
        for path in FILES if path.suffix == ".py"
        for name, lines in lengths(path.read_text(encoding="utf-8")) if lines > MOST
    ]  # fmt: skip
    assert found == []


@pytest.mark.parametrize(
    ("body", "lines"),
    [("    return 1\n", 2), ('    """Says it,\n\n    at length."""\n    return 1\n', 2)],
)
def test_a_docstring_is_no_length(body: str, lines: int) -> None:
    assert list(lengths(f"def one() -> int:\n{body}")) == [("one", lines)]
