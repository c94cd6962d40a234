"""Options that the commands share, and where the model and the facts lie unless told."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.schemas.space import SPACE_FILES
from scripts.sim import facts as compiler
from scripts.sim.simulator import Simulator, load

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "results" / "sim" / "model.json"
SPACES = ROOT / "results" / "tables" / "space"


def command(name: str, doc: str | None, example: str) -> argparse.ArgumentParser:
    """The parser of one command of graphx-sim."""
    return argparse.ArgumentParser(
        prog=f"graphx-sim {name}",
        description=doc,
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Which model answers, and which compiler's facts it is given."""
    parser.add_argument("--model", type=Path, default=MODEL, help="model file (default: current)")
    parser.add_argument(
        "--space", type=Path, nargs="*", help="SPACE tables with compiler's facts (default: all)"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Whether a program reads what the command says."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def say(args: argparse.Namespace, body: Any) -> None:
    """Print what a command found or did, if it is asked to."""
    if args.json:
        print(json.dumps(body, indent=2))


def read_model(args: argparse.Namespace) -> tuple[Simulator, pd.DataFrame]:
    """The model and the facts that the options name. InputError if there is no model yet."""
    return load(args.model), read_spaces(args.space)


def read_spaces(spaces: list[Path] | None) -> pd.DataFrame:
    """The compiler's facts of the tables named, or of all that `make` has built."""
    return compiler.read_facts(sorted(SPACES.glob(SPACE_FILES)) if spaces is None else spaces)
