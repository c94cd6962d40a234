"""How far to trust an expected ratio to the runtime's default, where nothing was measured.

The expectation is graphx-sim's ratio of two latencies; the band is what it missed where the layer's
whole family was kept from it (scripts.lib.judging.held_out). The default stays where no gain beyond
the margin is predicted, as in the files that are written.
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
from scripts.lib.log import run_main
from scripts.lib.schemas.openings import ALL, EXPECTED, OPENINGS
from scripts.lib.tables import read_table, write_table

LOG = logging.getLogger("statistics.expected")
EXAMPLE = """example:
  python -m scripts.statistics.expected --openings results/tables/transfer/openings.parquet \\
    --margin 0.01 --out results/tables/statistics/expected.parquet
"""


def expected(openings: pd.DataFrame, margin: float) -> pd.DataFrame:
    """EXPECTED rows. InputError if no row was measured."""
    known = openings[openings["measured_ratio"].notna()]
    if known.empty:
        raise InputError("no opening was measured: there is nothing to judge an expectation by")
    return pd.DataFrame(_rows(known, margin), columns=EXPECTED.names)


def _rows(known: pd.DataFrame, margin: float) -> Iterator[dict[str, Any]]:
    groups = [(ALL, known), *known.groupby("device", sort=True)]
    for device, mine in groups:
        written = mine["predicted_ratio"] < 1.0 - margin
        frame = pd.DataFrame(
            {
                "file": mine["cell_id"].str.rsplit("/", n=1).str[0],
                "family": mine["family"],
                "said": np.log(mine["predicted_ratio"].where(written, 1.0)),
                "was": np.log(mine["measured_ratio"].where(written, 1.0)),
                "written": written,
            }
        )
        files = frame.groupby(["file", "family"], as_index=False)[["said", "was"]].mean()
        for of, judged, every in (("row", frame[written], frame), ("file", files, files)):
            about = {"device": device, "of": of, "margin": margin, "level": LEVEL}
            about |= {"teaching": ",".join(sorted(set(mine["teaching"])))}
            if len(judged):
                yield about | _band(judged) | _outcome(every, margin, float(1 - written.mean()))


def _band(judged: pd.DataFrame) -> dict[str, Any]:
    missed = (judged["was"] - judged["said"]).to_numpy()
    families = judged["family"].tolist()
    low, high = np.exp(band(missed, families))
    found = {"n": len(judged), "families": len(set(families)), "low": low, "high": high}
    if len(set(families)) < 2:
        return found | {"covered": None, "covered_families": None}
    inside = pd.Series(covered(missed, families))
    return found | {
        "covered": float(inside.mean()),
        "covered_families": float(inside.groupby(families).mean().mean()),
    }


def _outcome(every: pd.DataFrame, margin: float, kept: float) -> dict[str, float]:
    was = every["was"]
    return {
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
