"""Options that tuning a layer and the study of many share."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.device import find_device
from scripts.lib.recordings import Role, recordings

if TYPE_CHECKING:
    from scripts.tune.knowledge import Where

# Whose finals choose vLLM's rows.
AUTO, OP, TWO_GEMM = JUDGES = ("auto", "op", "two_gemm")


def add_shared(parser: argparse.ArgumentParser) -> None:
    """Budget, margin, and what ``add_known`` adds."""
    add = parser.add_argument
    add("--budget", type=int, default=128, help="K, most trials of a batch size (default: 128)")
    add("--margin", type=float, default=0.01, help="tie margin: a search ends once further trials "
        "promise less (default: 0.01)")  # fmt: skip
    add("--allow-busy", action="store_true", help="measure on a GPU in use, and mark every cell")
    add_known(parser)


def add_known(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Where everything lies that is known before anything is measured."""
    add = parser.add_argument
    add("--seed", type=int, default=1, help="of what is drawn while learning (default: 1)")
    add(
        "--recorded",
        type=Path,
        nargs="+",
        help="datasets that hold complete cells (default: the registry's)",
    )
    add(
        "--trained-on",
        type=Path,
        nargs="+",
        help="datasets that graphx-sim was fitted to (default: the same)",
    )
    add("--spaces", type=Path, default=Path("results/tables/space"), help="folder of SPACE tables")
    add("--history", type=Path, default=Path("data/recorded/history.parquet"))
    add("--sim", type=Path, default=Path("results/sim/model.json"), help="graphx-sim's model")
    add("--held-out", type=Path, default=Path("results/tables/sim/sim_held_out.parquet"),
        help="SIM_HELD_OUT table")  # fmt: skip
    add("--build", type=Path, default=Path("build/spaces"), help="spaces that are compiled now")


def where(args: argparse.Namespace) -> Where:
    """The files that the options name, or what the registry has."""
    # Imported here: every process of a run imports the command's module again, and not this.
    from scripts.tune.knowledge import Where  # noqa: PLC0415

    complete = [Path(one.path) for one in recordings(Role.COMPLETE)]
    cold = getattr(args, "cold", False)
    return Where(
        recorded=args.recorded or complete,
        spaces=args.spaces,
        history=args.history,
        model=args.sim,
        held_out=args.held_out,
        trained_on=args.trained_on or complete,
        hidden=find_device(args.device).name if cold else None,
        kept=args.build.parent / "learned",
    )


def command(module: str, argv: list[str] | None) -> str:
    """What was typed, for the ledger."""
    return shlex.join(["python", "-m", module, *(sys.argv[1:] if argv is None else argv)])


def positive(margin: float) -> bool:
    """Whether a margin can end a search: between 0 and 1."""
    return 0.0 < margin < 1.0
