"""Command-line options that the figures share."""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.lib import command_line


def parser(doc: str | None, example: str) -> argparse.ArgumentParser:
    """A parser with the two outputs that every figure has."""
    out = command_line.parser(doc, example)
    out.add_argument("--out-png", type=Path, required=True, help="the figure as PNG")
    out.add_argument("--out-svg", type=Path, required=True, help="the figure as SVG")
    return out
