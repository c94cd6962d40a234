"""How far to trust an expected ratio to the runtime's default, where nothing was measured.

The expectation is graphx-sim's ratio of two latencies; the band is what it missed on recorded cells
that had taught nothing of themselves (scripts.lib.judging.held_out): of a GPU that was recorded,
with the layer's model family left out; of any other, with all that was recorded of the GPU left
out. The default stays where no gain beyond the margin is predicted, as in the files that are
written. Number formats have bands of their own, since what the equations miss hangs on the kernel.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib import command_line
from scripts.lib.files import InputError
from scripts.lib.judging.held_out import LEVEL, band, covered
from scripts.lib.judging.token_classes import BREAKDOWN
from scripts.lib.log import run_main
from scripts.lib.schemas.openings import ALL, EXPECTED, NAMED, OPENINGS, SHARED_BAND
from scripts.lib.tables import read_table, write_table
from scripts.lib.teaching import Teaching

LOG = logging.getLogger("catalogue.expected")
EXAMPLE = """example:
  python -m scripts.catalogue.expected --openings results/tables/catalogue/openings.parquet \\
    --margin 0.01 --out results/tables/catalogue/expected.parquet
"""
_CLASSES = (
    f"M up to {BREAKDOWN[0]}",
    f"M above {BREAKDOWN[0]}, up to {BREAKDOWN[1]}",
    f"M above {BREAKDOWN[1]}",
)
Row = dict[str, Any]


def expected(openings: pd.DataFrame, margin: float) -> pd.DataFrame:
    """EXPECTED rows. InputError if there is no opening."""
    if openings.empty:
        raise InputError("no opening was measured: there is nothing to judge an expectation by")
    rows: list[Row] = []
    for teaching, mine in openings.groupby("teaching", sort=True):
        names = [(ALL, mine)] if teaching == Teaching.GPU_OUT else mine.groupby("device", sort=True)
        for device, cells in names:
            about = {"device": device, "teaching": teaching, "margin": margin, "level": LEVEL}
            for choice, own in cells.groupby("choice", sort=True):
                of = "" if choice == NAMED else f"{choice} "
                rows += [
                    about | row | {"of": f"{of}{row['of']}"}
                    for row in _of_gpu(_frame(own, margin), margin)
                ]
    return pd.DataFrame(rows, columns=EXPECTED.names)


def _frame(cells: pd.DataFrame, margin: float) -> pd.DataFrame:
    """What was said and what was, in log units; both 0 where the default stays."""
    written = (cells["predicted_ratio"] < 1.0 - margin) | (cells["choice"] != NAMED)
    return pd.DataFrame(
        {
            "file": cells["cell_id"].str.rsplit("/", n=1).str[0],
            "family": cells["family"],
            "formats": cells["scheme"].replace(SHARED_BAND),
            "tokens": np.array(_CLASSES)[np.searchsorted(BREAKDOWN, cells["tokens"])],
            "said": np.log(cells["predicted_ratio"].where(written, 1.0)),
            "was": np.log(cells["measured_ratio"].where(written, 1.0)),
            "written": written,
        }
    ).assign(missed=lambda frame: frame["was"] - frame["said"])


def _of_gpu(every: pd.DataFrame, margin: float) -> Iterator[Row]:
    rows = every[every["written"]].copy()
    rows["inside"] = np.nan
    for _, own in rows.groupby("formats"):
        if own["family"].nunique() > 1:
            found = covered(_missed(own), own["family"].tolist(), units=own["file"].tolist())
            rows.loc[own.index, "inside"] = found.astype(float)
    kept = float(1 - every["written"].mean())
    for formats, own in rows.groupby("formats", sort=True):
        if own["family"].nunique() > 1:
            ends = _ends(own, "file")
            those = every[every["formats"] == formats]
            kept_there = float(1 - those["written"].mean())
            yield _row("row", formats, ALL, own, those, margin, kept_there) | ends
    if len(rows):
        # What has no band of its own is farther from what was recorded: each family weighs alike.
        yield _row("row", ALL, ALL, rows, every, margin, kept) | _ends(rows, "family")
    for tokens, own in rows.groupby("tokens", sort=True):
        those = every[every["tokens"] == tokens]
        kept_there = float(1 - those["written"].mean())
        nothing = {"low": None, "high": None}
        yield _row("row", ALL, tokens, own, those, margin, kept_there) | nothing
    files = every.groupby(["file", "family"], as_index=False)[["missed", "was"]].mean()
    files["inside"] = np.nan
    if files["family"].nunique() > 1:
        files["inside"] = covered(_missed(files), files["family"].tolist()).astype(float)
    yield _row("file", ALL, ALL, files, files, margin, kept) | _ends(files, "family")


def _missed(rows: pd.DataFrame) -> np.ndarray:
    return rows["missed"].to_numpy(dtype=float)


def _ends(rows: pd.DataFrame, units: str) -> Row:
    low, high = np.exp(band(_missed(rows), rows[units].tolist()))
    return {"low": float(low), "high": float(high)}


def _row(
    of: str,
    formats: object,
    tokens: object,
    rows: pd.DataFrame,
    every: pd.DataFrame,
    margin: float,
    kept: float,
) -> Row:
    """``rows``: those that are written; ``every``: with those that keep the default."""
    judged = rows[rows["inside"].notna()]
    by_family = judged.groupby("family")["inside"].mean()
    was = every["was"]
    return {
        "of": of,
        "formats": formats,
        "tokens": tokens,
        "n": len(rows),
        "families": rows["family"].nunique(),
        "judged": len(judged),
        "covered": float(judged["inside"].mean()) if len(judged) else None,
        "covered_families": float(by_family.mean()) if len(judged) else None,
        "kept": kept,
        "ratio": float(np.exp(was.mean())),
        "worse": float((was > np.log1p(margin)).mean()),
        "worst": float(np.exp(was.max())),
    }


def main(argv: list[str] | None = None) -> int:
    """Parse, read, judge, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--openings", type=Path, required=True, help="OPENINGS table")
    parser.add_argument("--margin", type=float, required=True, help="as 0.01")
    parser.add_argument("--out", type=Path, required=True, help="EXPECTED table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        frame = expected(read_table(args.openings, OPENINGS), args.margin)
        write_table(args.out, frame, EXPECTED)
        LOG.info("%s: %d rows", args.out, len(frame))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
