"""Judge a recorded matrix: every cell by its levels, every feature by its criteria, into tables."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts.lib import command_line
from scripts.lib.files import write_json
from scripts.lib.log import run_main
from scripts.lib.schemas import matrix as schema
from scripts.lib.tables import write_rows
from scripts.matrix import tables
from scripts.matrix.compared import Side, between, side_of
from scripts.matrix.reading import parse
from scripts.matrix.record import read_record
from scripts.matrix.slowed import slowed_rows
from scripts.matrix.verdicts import judge

TABLES = {
    "matrix_cells": schema.MATRIX_CELLS,
    "matrix_levels": schema.MATRIX_LEVELS,
    "matrix_numbers": schema.MATRIX_NUMBERS,
    "matrix_features": schema.MATRIX_FEATURES,
    "matrix_kernels": schema.MATRIX_KERNELS,
    "matrix_steps": schema.MATRIX_STEPS,
    "matrix_checks": schema.MATRIX_CHECKS,
    "matrix_compared": schema.MATRIX_COMPARED,
    "matrix_slowed": schema.MATRIX_SLOWED,
}
RUNS = "matrix_runs.json"
Rows = dict[str, list[tables.Row]]
EXAMPLE = """
  python -m scripts.matrix.judge --record build/matrix/record.jsonl --out build/matrix/tables"""


def rows_of(path: Path, earlier: Path | None = None) -> Rows:
    """Table -> rows of one record, which holds the matrix that it was run by.

    ``earlier``: the record that it is compared with.
    """
    record = read_record(path)
    matrix = parse(record.runs[-1]["matrix"], str(path))
    judged, device = judge(matrix, record), tables.device_of(record)
    second = Side(matrix, record, {one.cell.id: one for one in judged})
    first = side_of(earlier) if earlier else None
    return {
        "matrix_cells": list(tables.cell_rows(device, judged, record)),
        "matrix_levels": list(tables.level_rows(device, judged)),
        "matrix_numbers": list(tables.number_rows(device, judged, record)),
        "matrix_features": list(tables.feature_rows(device, matrix, judged)),
        "matrix_kernels": list(tables.kernel_rows(device, judged, record)),
        "matrix_steps": list(tables.step_rows(device, matrix, judged, record)),
        "matrix_checks": list(tables.check_rows(device, matrix, judged)),
        "matrix_compared": list(tables.compared_rows(device, first, second)),
    }


def about(path: Path, earlier: Path | None = None) -> dict[str, Any]:
    """What the last start of a record's run said of itself, and how an earlier one differs."""
    last = read_record(path).runs[-1]
    unequal = []
    if earlier is not None:
        first, second = side_of(earlier), side_of(path)
        unequal = [asdict(one) for one in between(first, second) if not one.equal]
    return {name: last.get(name, {}) for name in ("metadata", "references")} | {"unequal": unequal}


def slowed_of(path: Path) -> Rows:
    """As ``rows_of``, of a record whose engines are slowed for real: that table alone."""
    one = side_of(path)
    rows = slowed_rows(tables.device_of(one.record), one.matrix, list(one.judged.values()))
    return {"matrix_slowed": list(rows)}


def write(
    records: Sequence[Path],
    out: Path,
    earlier: Sequence[Path] = (),
    slowed: Sequence[Path] = (),
) -> list[Path]:
    """Write the tables of records to a folder; their paths. Without a record they are empty.

    ``earlier``: records to compare them with, by GPU. ``slowed``: of engines slowed for real.
    """
    before = {tables.device_of(read_record(path)): path for path in earlier}
    with_earlier = [(path, before.get(tables.device_of(read_record(path)))) for path in records]
    found = [rows_of(*both) for both in with_earlier] + [slowed_of(path) for path in slowed]
    write_json(out / RUNS, [about(*both) for both in with_earlier])
    paths = []
    for name, table in TABLES.items():
        paths.append(out / f"{name}.parquet")
        write_rows(paths[-1], [row for one in found for row in one.get(name, [])], table)
    return paths


def main(argv: list[str] | None = None) -> int:
    """Read the records, judge, write the tables."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--record", type=Path, nargs="*", default=[], help="of scripts.matrix.run")
    parser.add_argument("--earlier", type=Path, nargs="*", default=[],
                        help="records of before, compared with those of their GPU")  # fmt: skip
    parser.add_argument("--slowed", type=Path, nargs="*", default=[],
                        help="records of engines slowed for real")  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, help="folder of the tables")
    given = parser.parse_args(argv)
    return run_main(lambda: write(given.record, given.out, given.earlier, given.slowed))


if __name__ == "__main__":
    sys.exit(main())
