"""Plan what the operator is asked for: of each recorded cell committed, default and chosen configs.

Of a recording with finals under graphx's own kernels the cells are taken as they are: the committed
config, the best of the others that met it, and what vLLM launches without a file. So each verdict
of the recording gets its counterpart under the operator. Layers of different number formats take
turns, so that a run that is cut off has some of each. Rows of a layer's files for batch sizes that
nobody recorded follow with the candidates of the nearest one. Of packed weights, whose kernels are
the runtime's alone and of which nothing is predicted, a layer gets tiles around the default.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib import command_line
from scripts.lib.files import InputError, read_json
from scripts.lib.log import run_main
from scripts.lib.runtimes.default_config import SCHEMES as WITH_DEFAULT
from scripts.lib.runtimes.default_config import default_config
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.measured import CELLS, FINALS
from scripts.lib.schemas.plan import PLAN
from scripts.lib.shape import BATCH_LADDER, Cell, Shape, parse_cell, parse_shape
from scripts.lib.tables import read_table, write_table
from scripts.runtime.tiles import tiles

LOG = logging.getLogger("runtime.plan")
COMMITTED, CHOSEN, DEFAULT = "committed", "chosen", "default"
EXAMPLE = """example:
  python -m scripts.runtime.plan --measured data/recorded/measured/nvidia_h200-study-finals \\
    --shapes E8-N7168-K4096-top2-bf16 E8-N7168-K4096-top2-fp8_w8a8 --out build/op/plan.parquet
"""


def plan(
    cells: pd.DataFrame,
    finals: pd.DataFrame,
    most: int,
    shapes: Sequence[str] | None = None,
    tokens: Sequence[int] | None = None,
) -> pd.DataFrame:
    """PLAN rows of the cells (CELLS, FINALS) that have finals.

    ``most``: configs of a cell besides committed and default, the fastest in its finals.
    ``shapes``, ``tokens``: only these, shapes in this order; default: all, formats by turns.
    InputError for a shape that has no finals.
    """
    medians = finals.groupby(["cell_id", "config_id"])["us"].median()
    ranked = medians.reset_index().sort_values(["cell_id", "us", "config_id"])
    by_cell = {str(c): rows["config_id"].tolist() for c, rows in ranked.groupby("cell_id")}
    committed = cells.set_index("cell_id")["committed_id"]
    found: dict[str, list[Cell]] = {}
    for cell in sorted(map(parse_cell, by_cell)):
        if tokens is None or cell.tokens in tokens:
            found.setdefault(cell.shape.id, []).append(cell)
    for name in shapes or ():
        if name not in found:
            raise InputError(f"--shapes {name}: no finals of it in the recordings that are named")
    order = list(shapes) if shapes else _by_turns([some[0].shape for some in found.values()])
    parts = [
        _rows(cell, committed.get(cell.id), by_cell[cell.id], most)
        for name in order
        for cell in found[name]
    ]
    if not parts:
        raise InputError("no cell with finals is left; name other recordings, shapes or tokens")
    return pd.concat(parts, ignore_index=True)[PLAN.names]


def read(folders: Sequence[Path]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """CELLS and FINALS of recordings; a cell of several is taken from the first."""
    found: dict[str, list[pd.DataFrame]] = {table.name: [] for table in (CELLS, FINALS)}
    taken: set[str] = set()
    for folder in folders:
        for table in (CELLS, FINALS):
            frame = read_table(folder / f"{table.name}.parquet", table)
            found[table.name].append(frame[~frame["cell_id"].isin(taken)])
        taken |= set(found[CELLS.name][-1]["cell_id"])
    return pd.concat(found[CELLS.name]), pd.concat(found[FINALS.name])


def unrecorded(body: Mapping[str, Any], most: int) -> pd.DataFrame:
    """PLAN rows of a layer that nobody recorded: default, then the first candidates of its plan.

    ``body``: what `graphx plan` wrote. InputError if it is no such file.
    """
    try:
        shape = parse_shape(body["shape"])
        cells = [Cell(body["device"], shape, int(batch["tokens"])) for batch in body["batches"]]
        ranked = [
            [str(one["config_id"]) for one in batch["candidates"]] for batch in body["batches"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"--plans: is no plan of a layer ({error}); run graphx plan") from None
    parts = [_rows(cell, None, ids, most) for cell, ids in zip(cells, ranked, strict=True)]
    return pd.concat(parts, ignore_index=True)[PLAN.names]


def beyond(made: pd.DataFrame, known: Iterable[str], history: pd.DataFrame) -> pd.DataFrame:
    """PLAN rows of batch sizes that files (HISTORY) of ``made``'s layers have beyond the cells.

    ``made``: PLAN; ``known``: ids of all cells that recordings have. What was chosen for the
    nearest planned batch size of the layer meets committed and default there.
    """
    taken, parts = set(known), [made.iloc[:0]]
    files = history[history["reachable"] & history["config_id"].notna()]
    chosen = made[made["proposed_by"].str.contains(CHOSEN)]
    for (device, shape), ids in _by_layer(made).items():
        mine = files[
            (files["device"] == device)
            & (files["E"] == shape.experts)
            & (files["N"] == shape.intermediate)
            & (files["scheme"] == shape.scheme)
        ]
        for tokens, config in zip(mine["batch"].astype(int), mine["config_id"], strict=True):
            cell = Cell(device, shape, tokens)
            if cell.id not in taken:
                nearest = min(ids, key=lambda count: (abs(count - tokens), count))
                ranked = chosen.loc[chosen["cell_id"] == ids[nearest], "config_id"].tolist()
                parts.append(_rows(cell, config, ranked, len(ranked)))
    return pd.concat(parts, ignore_index=True)[PLAN.names]


def _by_layer(made: pd.DataFrame) -> dict[tuple[str, Shape], dict[int, str]]:
    """By GPU and shape, the planned cells' ids by tokens."""
    found: dict[tuple[str, Shape], dict[int, str]] = {}
    for cell in map(parse_cell, made["cell_id"].drop_duplicates()):
        found.setdefault((cell.device, cell.shape), {})[cell.tokens] = cell.id
    return found


def packed(shape: Shape, device: str, tokens: Sequence[int]) -> pd.DataFrame:
    """PLAN rows of a layer of packed weights: default, then the tiles around it.

    InputError for another layer.
    """
    cells = [Cell(device, shape, count) for count in tokens]
    parts = [_rows(cell, None, ids, len(ids)) for cell in cells for ids in [tiles(cell)]]
    return pd.concat(parts, ignore_index=True)[PLAN.names]


def without(
    recorded: tuple[pd.DataFrame, pd.DataFrame], folders: Sequence[Path]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """CELLS and FINALS less the cells that recordings in the folders hold already."""
    held = [read_table(folder / "cells.parquet", CELLS, ["cell_id"]) for folder in folders]
    taken = {str(cell_id) for cells in held for cell_id in cells["cell_id"]}
    cells, finals = (frame[~frame["cell_id"].isin(taken)] for frame in recorded)
    return cells, finals


def by_use(cell_ids: Iterable[str], history: pd.DataFrame) -> list[str]:
    """Ids of the cells' shapes, those first of which the most GPUs have a file (HISTORY)."""
    known = history[history["reachable"]].groupby(["E", "N", "scheme"])["device"].nunique()
    shapes = {parse_cell(cell_id).shape for cell_id in cell_ids}

    def rank(shape: Shape) -> tuple[int, str]:
        return -int(known.get((shape.experts, shape.intermediate, shape.scheme), 0)), shape.id

    return [shape.id for shape in sorted(shapes, key=rank)]


def _by_turns(shapes: Sequence[Shape]) -> list[str]:
    """Shape ids, a format after the other and again."""
    by_scheme: dict[str, list[str]] = {}
    for shape in shapes:
        by_scheme.setdefault(shape.scheme, []).append(shape.id)
    turns = chain.from_iterable(zip_longest(*by_scheme.values()))
    return [name for name in turns if name is not None]


def _rows(cell: Cell, committed: object, ranked: Sequence[str], most: int) -> pd.DataFrame:
    """Committed first, if there is one: it is the anchor; then default, then the fastest others."""
    named: dict[str, list[str]] = {}
    known = isinstance(committed, str)
    if known:
        named[str(committed)] = [COMMITTED]
    if cell.shape.scheme in WITH_DEFAULT:
        named.setdefault(default_config(cell.shape, cell.tokens).id, []).append(DEFAULT)
    others = [config for config in ranked if config != committed]
    for config in others[:most]:
        named.setdefault(config, []).append(CHOSEN)
    return pd.DataFrame(
        {
            "cell_id": cell.id,
            "order": range(len(named)),
            "config_id": list(named),
            "proposed_by": [",".join(names) for names in named.values()],
            "predicted_us": None,
            "model_version": None,
        }
    )


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--measured", type=Path, nargs="+", required=True, help="folders with CELLS and FINALS")
    add("--shapes", nargs="+", metavar="ID", help="only these layers, in this order")
    add("--tokens", nargs="+", type=int, metavar="M", help="only these batch sizes")
    add("--plans", type=Path, nargs="+", default=[], help="plan.json of layers nobody recorded")
    add(
        "--packed",
        nargs="+",
        metavar="ID",
        default=[],
        help="layers of packed weights, on --device",
    )
    add("--device", metavar="NAME", help="of --packed, named as in config files")
    add("--without", type=Path, nargs="+", default=[], help="folders with CELLS to leave out")
    add("--history", type=Path, help="HISTORY table: layers of which more GPUs have files first,"
        " and what their files have beyond the recorded batch sizes")  # fmt: skip
    add("--most", type=int, default=2, help="configs besides committed and default")
    add("--out", type=Path, required=True, help="plan to write (PLAN table)")
    return parser


def planned(args: argparse.Namespace) -> pd.DataFrame:
    """PLAN of a command line. InputError if it or a file is wrong."""
    if args.packed and not args.device:
        raise InputError("--packed: name the GPU as well, as --device NVIDIA_H200")
    recorded = read(args.measured)
    cells, finals = without(recorded, args.without)
    shapes, parts = args.shapes, []
    history = read_table(args.history, HISTORY) if args.history else None
    if history is not None and not shapes:
        shapes = by_use(set(finals["cell_id"]), history)
    made = plan(cells, finals, args.most, shapes, args.tokens)
    if history is not None and args.tokens is None:
        parts.append(beyond(made, recorded[0]["cell_id"], history))
    parts += [unrecorded(read_json(path), args.most) for path in args.plans]
    parts += [
        packed(parse_shape(name), args.device, args.tokens or BATCH_LADDER) for name in args.packed
    ]
    return pd.concat([made, *parts], ignore_index=True)


def main(argv: list[str] | None = None) -> int:
    """Read the recordings, plan, write."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        made = planned(args)
        write_table(args.out, made, PLAN)
        LOG.info("%s: %d configs on %d cells", args.out, len(made), made["cell_id"].nunique())

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
