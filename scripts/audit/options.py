"""Command-line options that the audit's modules share."""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.lib.command_line import parser
from scripts.lib.recordings import Role, recordings

__all__ = ["add_recorded", "parser"]


def add_recorded(options: argparse.ArgumentParser) -> None:
    """What is replayed, with which noise; by default what the registry holds and the build made."""
    complete = [Path(one.path) for one in recordings(Role.COMPLETE)]
    spaces = sorted(
        path
        for device in {one.device for one in recordings(Role.COMPLETE)}
        for path in Path("results/tables/space").glob(f"{device}-*.parquet")
    )
    tables = {
        "trials": ("TRIALS tables", [one / "trials.parquet" for one in complete]),
        "cells": ("CELLS tables, in that order", [one / "cells.parquet" for one in complete]),
        "spaces": ("SPACE tables", spaces),
    }
    for name, (text, default) in tables.items():
        words = f"{text} (default: the registered recordings')"
        options.add_argument(f"--{name}", type=Path, nargs="+", default=default, help=words)
    noise = Path("results/tables/audit/noise.parquet")
    options.add_argument("--noise", type=Path, default=noise, help="NOISE table")
    options.add_argument("--seed", type=int, required=True, help="of what is drawn")
