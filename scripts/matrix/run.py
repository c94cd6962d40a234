"""Run a matrix of switches on this machine's GPU: every cell through its levels, into a record.

What is recorded is not asked again, so that the same command goes on where a run was cut off.
``compare`` as the first word compares two such records instead; see its own --help.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts.engine.journal import Journal
from scripts.engine.spec import EngineSpec, spec_of
from scripts.lib import command_line
from scripts.lib.exclusive import exclusive
from scripts.lib.files import InputError, write_json
from scripts.lib.log import run_main
from scripts.lib.names import unknown_name
from scripts.matrix import compare, continued, drawn, judge, metadata, upstream
from scripts.matrix.cells import Cell, cells_of
from scripts.matrix.pages import write
from scripts.matrix.reading import read_matrix
from scripts.matrix.record import OBSERVED, read_record
from scripts.matrix.resolved import as_json, resolved
from scripts.matrix.suite import Setup, Suite
from scripts.matrix.switches import Matrix, drawn_as
from scripts.matrix.verdicts import fit

RECORD, PLAN = "record.jsonl", "matrix.json"
HELD = "another run writes this record; wait for it, or name another folder with --out"
_ROOT = Path(__file__).parents[2]
EXAMPLE = """examples:
  graphx matrix --switches my.yaml --out build/matrix
  graphx matrix --switches my.yaml --out build/matrix --levels smoke path
  graphx matrix --switches data/matrix/switches.yaml --out build/matrix --list
  graphx matrix compare build/monday/record.jsonl build/matrix/record.jsonl"""
COMPARE = "compare"


def specs_of(matrix: Matrix, cells: Sequence[Cell], folder: Path) -> dict[str, EngineSpec]:
    """Cell -> what is booted. ``folder``: of drawn weights. InputError names a wrong field."""
    found = {}
    for cell in cells:
        model = matrix.models[cell.model]
        name = cell.id.replace("/", "_").replace("=", "-").replace("+", "_")
        value = {"name": name, **cell.engine}
        if model.weights or model.seed is not None:
            own = drawn.weights_of(folder, drawn_as(matrix, cell.model))
            value["weights"] = model.weights or str(own)
        else:
            value["model"] = dict(model.config or {})
        if model.seed is not None:
            value["environment"] = {**value.get("environment", {}), "GRAPHX_DRAWN": "1"}
        if drawn.draft_of(cell) is not None:
            head = str(drawn.draft_folder(folder, cell))
            value["speculative"] = {**value["speculative"], "model": head}
        found[cell.id] = spec_of(value, cell.id)
    return found


def check_fields(cells: Sequence[Cell]) -> None:
    """InputError for a field that no engine has, or that cannot be so, before anything is made."""
    for cell in cells:
        spec_of({"name": "any", "model": {"architectures": []}, **cell.engine}, cell.id)


def chosen(cells: Sequence[Cell], only: Sequence[str]) -> list[Cell]:
    """Those named, with what rides in their engines; all if none is named."""
    if not only:
        return list(cells)
    for name in only:
        if name not in {cell.id for cell in cells}:
            raise unknown_name("cell", name, (cell.id for cell in cells))
    return [cell for cell in cells if cell.id in only or cell.rides in only]


def run(arguments: argparse.Namespace, command: str) -> bool:
    """True if all cells were reached. InputError if the run is refused, or something is unknown."""
    matrix = resolved(read_matrix(arguments.switches))
    cells = chosen(cells_of(matrix), arguments.only)
    out: Path = arguments.out
    check_fields(cells)
    found = metadata.gathered(_ROOT, {
        "flags": {cell.id: cell.engine for cell in cells},
        "workload": asdict(matrix.numbers), "command": command,
        "seed": {name: model.seed if model.seed is not None else "the engine's own"
                 for name, model in matrix.models.items()},
    })  # fmt: skip
    metadata.check(found)
    with exclusive(out / RECORD, held=HELD):
        return measured(arguments, matrix, cells, found)


def measured(
    arguments: argparse.Namespace, matrix: Matrix, cells: Sequence[Cell], found: dict[str, Any]
) -> bool:
    """``run`` of cells whose metadata is known; nobody else writes the record."""
    out: Path = arguments.out
    journal = Journal(out / RECORD)
    continued.check(journal, matrix, cells, found, str(out / RECORD))
    specs = specs_of_drawn(matrix, cells, out)
    found["flags"] = {name: spec.to_dict() | {"model": None} for name, spec in specs.items()}
    write_json(out / PLAN, as_json(matrix))
    places = upstream.check(upstream.references(matrix), upstream.installed())
    journal.begin(metadata=found, matrix=as_json(matrix), references=places)
    drawing = drawn.draw_all(matrix, cells, out)
    until = time.monotonic() + arguments.seconds if arguments.seconds else float("inf")
    setup = Setup(out / "boots", matrix.numbers, tuple(arguments.levels), until,
                  at_once=arguments.at_once, lock=arguments.lock,
                  gates=not arguments.ungated)  # fmt: skip
    suite = Suite(setup, journal, lambda name: fit(name, matrix, read_record(out / RECORD)))
    models = dict.fromkeys(drawn_as(matrix, cell.model) for cell in cells)
    with ThreadPoolExecutor(len(models)) as pool:
        if "correctness" in arguments.levels:
            for name in models:
                pool.submit(drawn.refer, matrix, name, out, journal, drawing)
        whole = suite.run(cells, specs)
    journal.close()
    return whole


def specs_of_drawn(matrix: Matrix, cells: Sequence[Cell], out: Path) -> dict[str, EngineSpec]:
    """``specs_of``, with the config.json of drawn weights already there, which is looked for."""
    drawn.write_configs(matrix, cells, out)
    return specs_of(matrix, cells, out)


def report(switches: Path, out: Path) -> None:
    """Judge the record and write its pages beside it."""
    made = judge.write([out / RECORD], out / "tables")
    tables = [path for path in made if path.stem in write.TABLES]
    write.write(tables, out / "tables" / judge.RUNS, switches, None, out / "pages")
    print(f"{out / 'pages' / 'FEATURE_MATRIX.md'}: all cells, and from there all pages")


def listed(cells: Sequence[Cell]) -> str:
    """The cells in their order, a line each."""
    lines = []
    for cell in cells:
        said = [cell.unsupported and f"not supported: {cell.unsupported}",
                cell.rides and f"in the engine of {cell.rides}",
                cell.needs and f"after {', '.join(cell.needs)}"]  # fmt: skip
        lines.append(f"{cell.phase}  {cell.id}" + "".join(f"  ({one})" for one in said if one))
    return "\n".join(lines)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--switches", type=Path, required=True, help="the matrix, YAML or JSON")
    parser.add_argument("--out", type=Path, required=True, help="folder of the record")
    parser.add_argument("--levels", nargs="+", choices=OBSERVED, default=list(OBSERVED),
                        help="only these (default: all)")  # fmt: skip
    parser.add_argument("--only", nargs="+", default=[], help="only these cells")
    parser.add_argument("--at-once", type=int, default=4, help="engines booted side by side")
    parser.add_argument("--seconds", type=float, default=0.0,
                        help="begin nothing after so long; 0: no limit")  # fmt: skip
    parser.add_argument("--lock", type=Path, help="file of the GPU's turn, where others time too")
    parser.add_argument("--ungated", action="store_true",
                        help="time also what needs a cell that failed")  # fmt: skip
    parser.add_argument("--list", action="store_true", help="only say which cells there are")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Read the switches, run, record."""
    given = sys.argv[1:] if argv is None else argv
    if given[:1] == [COMPARE]:
        return compare.main(given[1:])
    arguments = make_parser().parse_args(argv)
    command = shlex.join(["python", "-m", "scripts.matrix.run", *(argv or sys.argv[1:])])
    whole = [True]

    def body() -> None:
        if arguments.at_once < 1:
            raise InputError(f"--at-once: {arguments.at_once}; a whole number from 1")
        if arguments.list:
            matrix = resolved(read_matrix(arguments.switches))
            cells = chosen(cells_of(matrix), arguments.only)
            check_fields(cells)
            print(listed(cells))
            return
        whole[0] = run(arguments, command)
        print(f"{arguments.out / RECORD}: {'whole' if whole[0] else 'cut off; run it again'}")
        report(arguments.switches, arguments.out)

    return run_main(body, lambda: 0 if whole[0] else 1)


if __name__ == "__main__":
    sys.exit(main())
