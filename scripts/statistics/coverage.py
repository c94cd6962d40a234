"""Which cells that each GPU has a committed config for were measured, and why the others not."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.names import unknown_name
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.schemas.corpus import SHAPE_KEY, SHAPES
from scripts.lib.schemas.history import HISTORY, Reason
from scripts.lib.schemas.recorded import COVERAGE, RECORDED
from scripts.lib.shape import BATCH_LADDER
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options

MEASURED = "measured"
HISTORY_COLUMNS = [*SHAPE_KEY, "scheme", "device", "file", "batch", "reason"]
EXAMPLE = (
    "python -m scripts.statistics.coverage --history data/recorded/history.parquet"
    " --shapes shapes.parquet --recorded recorded.parquet --device NVIDIA_H200"
    " --out coverage.parquet"
)


def corpus_of(history: pd.DataFrame, shapes: pd.DataFrame, devices: Iterable[str]) -> pd.DataFrame:
    """``corpus_cells`` of every GPU."""
    parts = [corpus_cells(history, shapes, device) for device in sorted(set(devices))]
    return pd.concat(parts, ignore_index=True)


def corpus_cells(history: pd.DataFrame, shapes: pd.DataFrame, device: str) -> pd.DataFrame:
    """The cells of a GPU in the corpus: cell_id, device, scheme, tokens, file, foreign.

    An entry at a batch size off the ladder is no cell: no exported file would hold it. ``foreign``:
    the file holds another kernel's parameters. InputError if the GPU has no file.
    """
    rows = history[(history["device"] == device) & history["batch"].isin(BATCH_LADDER)]
    if rows.empty:
        raise unknown_name("device", device, history["device"].dropna().unique())
    rows = rows[rows["reason"] != Reason.DUPLICATE_KEY]
    known = rows.merge(shapes[[*SHAPE_KEY, "scheme", "shape_id"]], on=[*SHAPE_KEY, "scheme"])
    if len(known) != len(rows):
        raise InputError(f"shapes: a config file of {device} has none; build the corpus again")
    tokens = known["batch"].astype(int)
    ids = known["device"] + "/" + known["shape_id"] + "/M" + tokens.astype(str)
    foreign = (known["reason"] == Reason.FOREIGN_KERNEL) | (known["backend"] != "")
    cells = known[["device", "scheme", "file"]].assign(cell_id=ids, tokens=tokens, foreign=foreign)
    # Two files of one shape (an old and a new name) are one cell.
    return cells.sort_values(["cell_id", "file"]).drop_duplicates("cell_id", ignore_index=True)


def cover(corpus: pd.DataFrame, recorded: pd.DataFrame) -> pd.DataFrame:
    """The corpus cells, each with every dataset that tried it; schema COVERAGE."""
    found = recorded.drop(columns=["device", "scheme", "tokens"])
    rows = corpus.merge(found, on="cell_id", how="left")
    tried = (rows["trials"] - rows[Outcome.NOT_MEASURED]).fillna(0).astype(int)
    unnamed = rows["foreign"].map(
        {True: NotMeasured.FOREIGN_KERNEL, False: NotMeasured.NOT_RECORDED}
    )
    reason = rows["reason"].astype(object).where(rows["dataset"].notna(), unnamed)
    rows = rows.assign(
        trials=tried,
        correct=rows["correct"].fillna(0).astype(int),
        status=[MEASURED if one else str(Outcome.NOT_MEASURED) for one in tried > 0],
        reason=reason.where(tried == 0, None),
        committed=rows["committed"].eq(True),
        complete=rows["complete"].eq(True),
    )
    order = ["device", "scheme", "file", "tokens", "dataset"]
    return rows.sort_values(order, ignore_index=True)[COVERAGE.names]


def main(argv: list[str] | None = None) -> int:
    """Read the corpus and what was recorded, join, write."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--history", type=Path, required=True, help="mined history")
    parser.add_argument("--shapes", type=Path, required=True, help="shapes of the corpus")
    parser.add_argument("--recorded", type=Path, required=True, help="table of recorded cells")
    parser.add_argument("--device", nargs="+", required=True, help="measured GPUs")
    parser.add_argument("--out", type=Path, required=True, help="table of covered cells")
    arguments = parser.parse_args(argv)

    def body() -> None:
        history = read_table(arguments.history, HISTORY, HISTORY_COLUMNS)
        shapes = read_table(arguments.shapes, SHAPES)
        corpus = corpus_of(history, shapes, arguments.device)
        recorded = read_table(arguments.recorded, RECORDED)
        write_table(arguments.out, cover(corpus, recorded), COVERAGE)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
