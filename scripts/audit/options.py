"""Command-line options that the audit's modules share."""

from __future__ import annotations

import argparse
from pathlib import Path


def parser(doc: str | None, example: str) -> argparse.ArgumentParser:
    """A parser with the module's docstring as its description and ``example`` in the epilog."""
    return argparse.ArgumentParser(
        description=doc,
        epilog=f"example:{example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_recorded(options: argparse.ArgumentParser) -> None:
    """What is replayed, with which noise."""
    options.add_argument("--trials", type=Path, nargs="+", required=True, help="TRIALS tables")
    text = "CELLS tables, in that order"
    options.add_argument("--cells", type=Path, nargs="+", required=True, help=text)
    options.add_argument("--spaces", type=Path, nargs="+", required=True, help="SPACE tables")
    options.add_argument("--noise", type=Path, required=True, help="NOISE table")
    options.add_argument("--seed", type=int, required=True, help="of what is drawn")
