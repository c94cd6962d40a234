"""Turn the ledgers of sweeps into the measured tables; every line of a chain is checked on the way.

Writes trials, finals, cells and compiles as Parquet, and runs.json with the provenance of each
run (code, kernel, spec, protocol, conditions, GPU, driver, packages, command, start and end) and
the cost records. Several ledgers make one dataset if no cell is in two of them.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.ledger.runs import runs
from scripts.ledger.select import Body, select
from scripts.ledger.tables import cells, compiles, finals, trials
from scripts.lib import command_line
from scripts.lib.chain import read_lines
from scripts.lib.files import InputError, write_json
from scripts.lib.log import run_main
from scripts.lib.schemas.measured import CELLS, COMPILES, FINALS, TRIALS
from scripts.lib.spec import read_lock
from scripts.lib.tables import write_table

log = logging.getLogger("consolidate")
# What is written.
FILES = (*(f"{table.name}.parquet" for table in (CELLS, COMPILES, FINALS, TRIALS)), "runs.json")


def read_ledgers(paths: Sequence[Path]) -> list[Body]:
    """The bodies that count, of all ledgers; InputError naming a broken line or a cell in two."""
    bodies: list[Body] = []
    found_in: dict[str, Path] = {}
    for path in paths:
        selected = select(read_lines(path))
        bodies += selected
        for cell_id in {
            body["cell_id"] for body in selected if "run_id" in body and "cell_id" in body
        }:
            if found_in.setdefault(cell_id, path) != path:
                raise InputError(
                    f"{path}: {cell_id} is in {found_in[cell_id]} too; leave one of them out"
                )
        log.info("%s: the chain holds", path)
    return bodies


def first_drift_band() -> float:
    """The locked spec's first drift band: judges what was measured before there was a spec."""
    versions = read_lock()
    if not versions:
        raise InputError("data/spec.lock.json: holds no version; restore it")
    return float(versions[0].spec["drift_band"])


def consolidate(ledgers: Sequence[Path], out: Path) -> None:
    """Read ledgers, check their chains, write the five files into ``out``."""
    bodies = read_ledgers(ledgers)
    tables = {
        TRIALS: trials(bodies),
        FINALS: finals(bodies),
        CELLS: cells(bodies, first_drift_band()),
        COMPILES: compiles(bodies),
    }
    for table, frame in tables.items():
        write_table(out / f"{table.name}.parquet", frame, table)
    write_json(out / "runs.json", runs(bodies))


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command_line.parser(
        __doc__,
        "example: python -m scripts.ledger.consolidate --ledger build/ledger.jsonl "
        "--out data/recorded/measured/nvidia_h200-bf16",
    )
    parser.add_argument(
        "--ledger",
        type=Path,
        nargs="+",
        required=True,
        help="plain, .gz, .xz or .columns.xz",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write the tables into")
    args = parser.parse_args(argv)
    return run_main(lambda: consolidate(args.ledger, args.out))


if __name__ == "__main__":
    sys.exit(main())
