"""Name the configs that are worth a trial on a GPU before anything is measured there.

For each cell (each shape at each batch size of the ladder): the config committed for the GPU
itself, the upstream default heuristic, and, from every other GPU that has a file for the same
(E, N, scheme), its config carried over (S1) and the legal config nearest to that (S2).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from scripts.lib import command_line
from scripts.lib.carry import carried_over
from scripts.lib.device import Device, find_device
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.transfer import PROPOSALS
from scripts.lib.shape import BATCH_LADDER, Cell, Shape, parse_shape
from scripts.lib.tables import write_table
from scripts.transfer.committed_files import ConfigFile, History, read_history
from scripts.transfer.legal import LegalSpace, read_legal
from scripts.transfer.strategies.default_heuristic import KNOWN_SCHEMES, default_config
from scripts.transfer.strategies.s2_nearest import by_distance

LOG = logging.getLogger("transfer.propose")

EXAMPLE = """example:
  python -m scripts.transfer.propose --history data/recorded/history.parquet \\
    --space results/tables/space/NVIDIA_H200-bf16.parquet --device NVIDIA_H200 \\
    --shapes E8-N3584-K4096-top2-bf16 E128-N768-K2048-top8-bf16 \\
    --out results/tables/transfer/proposals.parquet
"""

Named = tuple[str, str | None, str, str | None]  # strategy, source, config id, file


def proposals_of(
    cell: Cell, device: Device, files: dict[str, ConfigFile], legal: LegalSpace
) -> Iterator[Named]:
    """The proposals of one cell, from the config files of its (E, N, scheme) by device."""
    if device.name in files:
        own = files[device.name]
        yield "committed", None, own.at(cell.tokens).id, own.name
    if cell.shape.scheme in KNOWN_SCHEMES:
        yield "default", None, default_config(cell.shape, cell.tokens, device).id, None
    for source, file in files.items():
        if source == device.name:
            continue
        carried = carried_over(file.at(cell.tokens), device)
        yield "S1", source, carried.id, file.name
        yield "S2", source, next(by_distance(carried, legal)).id, file.name


def propose(
    shapes: Iterable[Shape], device: Device, history: History, legal: LegalSpace
) -> pd.DataFrame:
    """PROPOSALS rows of all shapes at all batch sizes, sorted by cell, strategy and source.

    ``legal`` holds at least one config. Schemes whose default heuristic is not known have no such
    proposal. Raises InputError for a GPU of a vendor whose heuristic is not known.
    """
    rows: list[tuple[str, *Named]] = []
    for shape in sorted(set(shapes)):
        files = history.files(shape)
        for tokens in BATCH_LADDER:
            cell = Cell(device.name, shape, tokens)
            named = proposals_of(cell, device, files, legal)
            ordered = sorted(named, key=lambda row: (row[0], row[1] or ""))
            rows.extend((cell.id, *row) for row in ordered)
    return pd.DataFrame(rows, columns=PROPOSALS.names)


def parse_shapes(texts: Iterable[str]) -> list[Shape]:
    """Shapes of one scheme from their ids; InputError names the one that is wrong."""
    try:
        shapes = [parse_shape(text) for text in texts]
    except ValueError as error:
        raise InputError(f"--shapes: {error}") from error
    schemes = sorted({shape.scheme for shape in shapes})
    if len(schemes) != 1:
        raise InputError(f"--shapes: one scheme at a time, given {', '.join(schemes)}")
    return shapes


def main(argv: list[str] | None = None) -> int:
    """Parse, read, propose, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--history", type=Path, required=True, help="HISTORY table")
    parser.add_argument("--space", type=Path, required=True, help="SPACE table")
    parser.add_argument("--device", required=True, help="target GPU, named as in config files")
    parser.add_argument("--shapes", nargs="+", required=True, help="shape ids of one scheme")
    parser.add_argument("--out", type=Path, required=True, help="PROPOSALS table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        shapes, device = parse_shapes(args.shapes), find_device(args.device)
        legal = read_legal(args.space, device.name, shapes[0].scheme)
        frame = propose(shapes, device, read_history(args.history), legal)
        write_table(args.out, frame, PROPOSALS)
        LOG.info("%s: %d proposals for %d cells", args.out, len(frame), frame["cell_id"].nunique())

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
