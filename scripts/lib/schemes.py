"""The names of the number formats, for those who need no more and so cannot wait for torch."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

_FORMATS = Path(__file__).parents[2] / "kernels" / "formats.py"


@cache
def schemes() -> tuple[str, ...]:
    """The keys of ``kernels.formats.SCHEMES``, in their order, read from its source."""
    tree = ast.parse(_FORMATS.read_text(encoding="utf-8"), filename=str(_FORMATS))
    (table,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SCHEMES"
    )
    calls = (node for node in ast.walk(table) if isinstance(node, ast.Call))
    return tuple(ast.literal_eval(call.args[0]) for call in calls)
