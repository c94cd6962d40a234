"""Where everything lies that files without a measurement are made of."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.recordings import Role, recordings

if TYPE_CHECKING:
    from scripts.catalogue.known import Where

EXPECTED = Path("results/tables/catalogue/expected.parquet")


def add_known(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """The options, each with the place where `make` puts it."""
    add = parser.add_argument
    add(
        "--recorded",
        type=Path,
        nargs="*",
        help="datasets that hold complete cells (default: the registry's)",
    )
    add("--spaces", type=Path, default=Path("results/tables/space"), help="folder of SPACE tables")
    add("--history", type=Path, default=Path("data/recorded/history.parquet"))
    add("--shapes", type=Path, default=Path("results/tables/corpus/shapes.parquet"),
        help="SHAPES table: which layers files are for")  # fmt: skip
    add("--sim", type=Path, default=Path("results/sim/model.json"), help="graphx-sim's model")
    add("--expected", type=Path, default=EXPECTED, help="EXPECTED table")
    add("--build", type=Path, default=Path("build/spaces"), help="spaces that are compiled now")


def where(args: argparse.Namespace) -> Where:
    """The files that the options name, or what the registry has."""
    # Imported here: names are answered before the seconds that this takes.
    from scripts.catalogue.known import Where  # noqa: PLC0415

    complete = [Path(one.path) for one in recordings(Role.COMPLETE)]
    return Where(
        complete if args.recorded is None else args.recorded,
        args.spaces,
        args.build,
        args.history,
        args.shapes,
        args.sim,
        args.expected,
    )
