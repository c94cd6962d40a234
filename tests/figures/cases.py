"""The cases of all figures, found beside this file: a figure is tested in ``test_<figure>.py``."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.figures.case import Case

_MODULES = {
    path.stem.removeprefix("test_"): import_module(f"tests.figures.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("test_*.py"))
    if "\nCASE = " in path.read_text(encoding="utf-8")
}
CASES: dict[str, Case] = {name: module.CASE for name, module in _MODULES.items()}
