"""Plan what to measure on a GPU that was never recorded; without that GPU, from what is known.

The parts, in order of value: the rates that rooflines divide by; the rows of the GPU's committed
files, each with the committed config, every other GPU's, the runtime's default, the best by
prediction (those that were registered first) and some drawn at random; whole legal spaces of the
cells that are recorded so of another GPU; searches on the GPU itself and finals of what they chose;
kernels against the reference; cells to be measured once more on another machine. Wherever time
ends, what is recorded has all number formats, classes of experts and batch sizes in it.

`graphx record` carries it out on the GPU's machine.
"""

from __future__ import annotations

import argparse
import logging
import lzma
import sys
from pathlib import Path

import pandas as pd

from scripts.lib import command_line
from scripts.lib.device import devices, find_device
from scripts.lib.files import InputError, replacing, sha256
from scripts.lib.log import run_main
from scripts.lib.recordings import Role, recordings
from scripts.lib.registration import REGISTERED
from scripts.lib.schemas.measured import CELLS
from scripts.lib.schemas.plan import PLAN
from scripts.lib.schemas.registered import REGISTERED as REGISTERED_TABLE
from scripts.lib.schemas.space import SPACE_FILES
from scripts.lib.shape import Cell, Shape, parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.sim.facts import read_facts
from scripts.sim.simulator import load
from scripts.transfer.committed_files import read_history
from scripts.tune.shares import study_shapes
from scripts.tune.survey.budget import affordable, estimated
from scripts.tune.survey.candidates import Known
from scripts.tune.survey.costs import read_rates
from scripts.tune.survey.listing import Picks, planned
from scripts.tune.survey.parts import Survey

LOG = logging.getLogger("tune.survey")
MODEL = "model.json.xz"
EXAMPLE = """examples:
  graphx survey --device NVIDIA_H100_80GB_HBM3 --out build/survey/h100
  graphx survey --device NVIDIA_H100_80GB_HBM3 --out build/survey/h100 --seconds 1500 \\
      --predicted 8 --random 2 --cores 16
"""


def whole_elsewhere(device: str, schemes: set[str]) -> list[Cell]:
    """Cells that are recorded with their whole space of other GPUs, in these number formats."""
    tables = [
        read_table(Path(one.path) / "cells.parquet", CELLS, ["cell_id"])
        for one in recordings(Role.COMPLETE)
        if one.device != device
    ]
    ids = pd.concat(tables)["cell_id"] if tables else pd.Series(dtype=str)
    cells = {parse_cell(text) for text in ids}
    distinct = {(cell.shape, cell.tokens): cell for cell in sorted(cells)}
    return [cell for cell in distinct.values() if cell.shape.scheme in schemes]


def schemes_of(device: str, spaces: Path) -> set[str]:
    """Number formats of which there is a space for the GPU's architecture."""
    arch = find_device(device).arch
    kin = [name for name, one in devices().items() if one.arch == arch]
    return {
        path.stem.removeprefix(f"{name}-")
        for name in kin
        for path in spaces.glob(f"{name}-*.parquet")
    }


def read_known(args: argparse.Namespace, device: str) -> Known:
    """What the options name."""
    table, registered = args.registered / f"{device}.parquet", dict[str, list[str]]()
    if table.exists():
        rows = read_table(table, REGISTERED_TABLE).sort_values(["cell_id", "place"])
        for cell_id, found in rows.groupby("cell_id")["config_id"]:
            registered[str(cell_id)] = found.tolist()
    return Known(
        find_device(device), read_history(args.history), load(args.sim),
        read_facts(sorted(args.spaces.glob(SPACE_FILES))), args.spaces, args.build, registered,
    )  # fmt: skip


def survey(args: argparse.Namespace) -> Survey:
    """Plan, write the plans and the survey into ``args.out``; what was planned."""
    device = find_device(args.device).name
    if recordings(Role.COMPLETE, Role.CORPUS, device=device):
        LOG.info("%s is recorded already; this plans it anew", device)
    args.name = args.name or device.lower()
    schemes = schemes_of(device, args.spaces)
    if not schemes:
        raise InputError(
            f"--device {device}: {args.spaces} has no space of its architecture; name the GPU"
            " in the parameter space.targets and run `make`"
        )
    known = read_known(args, device)
    shapes = _with_files(known, args.shapes_table, schemes)
    picks = Picks(args.predicted, args.random, args.seed)
    found = planned(known, shapes, whole_elsewhere(device, schemes), args.name, picks)
    rates = read_rates()
    every = estimated(found, rates, args.cores)
    kept = affordable([part for part, _ in every], args.seconds)
    for part, plan in every:
        if plan is not None and part in kept:
            write_table(args.out / part.plan, plan, PLAN)
    _copy_model(args.sim, args.out / MODEL)
    about = {
        "model_sha256": sha256(args.sim), "graphx_sim": known.simulator.version,
        "registered": bool(known.registered), "seconds": args.seconds, "cores": args.cores,
        "seed": args.seed, "costs_of": list(rates.taken_from),
        "left_out": [part.name for part, _ in every if part not in kept],
    }  # fmt: skip
    made = Survey(device, tuple(kept), about)
    made.write(args.out)
    return made


def _with_files(known: Known, table: Path, schemes: set[str]) -> list[Shape]:
    try:
        found = study_shapes(table, known.history, known.device.name)
    except InputError:
        LOG.info("%s: no config file is of it; whole spaces alone are planned", known.device.name)
        return []
    return [shape for shape in found if shape.scheme in schemes]


def _copy_model(model: Path, out: Path) -> None:
    with replacing(out) as temporary:
        temporary.write_bytes(lzma.compress(model.read_bytes()))


def lines(made: Survey) -> list[str]:
    """The survey as a table to read."""
    out = [f"{'part':28} {'cells':>6} {'trials':>7} {'seconds':>8}"]
    for part in made.parts:
        seconds = "?" if part.seconds is None else f"{part.seconds:.0f}"
        where = "  on another machine" if part.elsewhere else ""
        out.append(
            f"{part.name:28} {part.cells or '':>6} {part.trials or '':>7} {seconds:>8}{where}"
        )
    here = [part for part in made.parts if not part.elsewhere]
    total = sum(part.seconds or 0.0 for part in here)
    left = len(made.about["left_out"])
    cells, trials = (sum(getattr(part, name) for part in here) for name in ("cells", "trials"))
    out.append(f"{'in all':28} {cells:>6} {trials:>7} {total:>8.0f}")
    return [*out, f"{left} more parts did not fit"] if left else out


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--device", required=True, help="the GPU, named as in config files")
    add("--out", type=Path, required=True, help="folder of the survey")
    add("--name", help="of its recordings (default: the GPU's, in small letters)")
    add("--seconds", type=float, help="what may be spent on its machine (default: all parts)")
    add("--cores", type=int, default=16, help="of its machine, which compile (default: 16)")
    add("--predicted", type=int, default=32, help="best by prediction of each row (default: 32)")
    add("--random", type=int, default=8, help="drawn at random for each row (default: 8)")
    add("--seed", type=int, default=20260814, help="of what is drawn")
    add("--spaces", type=Path, default=Path("results/tables/space"), help="folder of SPACE tables")
    add("--history", type=Path, default=Path("data/recorded/history.parquet"))
    add("--sim", type=Path, default=Path("results/sim/model.json"), help="graphx-sim's model")
    add("--shapes-table", type=Path, default=Path("results/tables/corpus/shapes.parquet"))
    add("--registered", type=Path, default=REGISTERED, help="folder of registrations")
    add("--build", type=Path, default=Path("build/spaces"), help="spaces that are made now")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse, plan, write, say."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        if args.predicted < 0 or args.random < 0 or args.cores < 1:
            raise InputError("--predicted, --random: 0 or more; --cores: 1 or more")
        if args.seconds is not None and not args.seconds > 0:  # nan neither
            raise InputError(f"--seconds {args.seconds:g}: a time above 0, or leave it out")
        print("\n".join(lines(survey(args))))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
