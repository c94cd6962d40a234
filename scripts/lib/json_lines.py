"""JSON with what fits on a line on one line: half the bytes, and a diff still shows each figure.

The summary has some 40,000 numbers, the dataset's description as many words: with a line of its own
for each, indentation is most of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scripts.lib.files import write_text

WIDTH = 160


def dumped(value: Any, indent: str = "") -> str:
    """The value as JSON with sorted keys; objects and lists longer than a line are broken up."""
    line = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    if len(indent) + len(line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    inner = indent + " "
    if isinstance(value, dict):
        parts = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {dumped(value[key], inner)}"
            for key in sorted(value)
        ]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + dumped(one, inner) for one in value) + f"\n{indent}]"


def write(path: Path, value: Any) -> None:
    """Write ``dumped``, whole or not at all; the same value gives the same bytes."""
    write_text(path, dumped(value) + "\n")
