"""How good known configs are on the measured cells, and how often an A/A pair misleads.

Ratios are averaged as geometric means over cells. Candidates: the default heuristic, each source
device's config as it stands (S1), the best finalist, and the committed config itself against the
roofline; all others are against the committed config.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.judging.bands import within
from scripts.lib.judging.decision import LOSS, WIN
from scripts.lib.log import run_main
from scripts.lib.schemas.measured import CELLS
from scripts.lib.schemas.statistics import AA, PAIRWISE, QUALITY, VERDICTS
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import (
    Plan,
    estimate_means,
    exponentiate,
    round_10,
    round_estimates,
    widen_certain_rates,
)
from scripts.statistics.dataset import read_recordings
from scripts.statistics.stacked import stacked

EXAMPLE = (
    "python -m scripts.statistics.quality --cells cells.parquet --pairwise pairwise.parquet"
    " --aa aa.parquet --verdicts verdicts.parquet --out quality.parquet"
)
# candidate, metric, whether it is a ratio (geometric mean), one value per cell
Series = tuple[str, str, bool, pd.Series]


def assess(
    cells: pd.DataFrame,
    pairwise: pd.DataFrame,
    aa: pd.DataFrame,
    verdicts: pd.DataFrame,
    plan: Plan,
) -> pd.DataFrame:
    """Every candidate's figures per device; schema ``QUALITY``."""
    parts = []
    for device, rows in cells.groupby("device", sort=True):
        ids = set(rows["cell_id"])
        here = [frame[frame["cell_id"].isin(ids)] for frame in (pairwise, aa, verdicts)]
        series = [*_finalists(rows, here[0]), *_twins(here[1]), *_without_search(here[2])]
        parts += [_estimate(str(device), entry, plan) for entry in series if len(entry[3])]
    return stacked(parts, QUALITY.names)


def _finalists(cells: pd.DataFrame, pairwise: pd.DataFrame) -> Iterator[Series]:
    indexed = pairwise.set_index("cell_id")
    yield "best", "ratio", True, indexed.loc[indexed["best"], "committed_ratio"].dropna()
    committed = cells.set_index("cell_id")
    reference = indexed[indexed["config_id"] == committed["committed_id"].reindex(indexed.index)]
    first = reference[~reference.index.duplicated()]
    yield "committed", "in_tie_set", False, first["tie"].astype(float)
    roofline = committed["roofline_us"].reindex(first.index)
    yield "committed", "ratio_to_roofline", True, first["median_us"] / roofline


def _twins(aa: pd.DataFrame) -> Iterator[Series]:
    indexed = aa.set_index("cell_id")
    yield "aa", "false_win", False, (indexed["verdict"] == WIN).astype(float)
    yield "aa", "false_loss", False, (indexed["verdict"] == LOSS).astype(float)
    yield "aa", "ratio", True, indexed["ratio"].dropna()


def _without_search(verdicts: pd.DataFrame) -> Iterator[Series]:
    """Candidates that need no measurement: the default heuristic and copies of a source."""
    rows = verdicts[verdicts["strategy"].isin(["default", "S1"])]
    rows = rows[rows["K"] == rows["K"].min()]
    names = rows["strategy"] + rows["source"].map(lambda s: f" {s}", na_action="ignore").fillna("")
    for name, group in rows.groupby(names, sort=True):
        ratios = group.set_index("cell_id")["ratio"]
        yield from _against_committed(str(name), ratios)


def _against_committed(name: str, ratios: pd.Series) -> Iterator[Series]:
    """The ratio and two rates; a cell without a correct choice has no ratio and counts as worse."""
    yield name, "ratio", True, ratios.dropna()
    yield name, "at_or_under", False, (ratios <= 1.0).astype(float)
    ((within_10, limit),) = within(10).items()
    yield name, within_10, False, (ratios <= limit).astype(float)


def _estimate(device: str, series: Series, plan: Plan) -> pd.DataFrame:
    candidate, metric, is_ratio, values = series
    values = values.sort_index(kind="stable").astype(float)
    shapes = np.array([parse_cell(str(cell)).shape.id for cell in values.index])
    scaled = np.log(values) if is_ratio else values
    column = np.asarray(scaled, dtype=np.float64)[:, None]
    found = estimate_means(column, shapes, plan, f"{device} {candidate} {metric}")
    found = exponentiate(found) if is_ratio else widen_certain_rates(found, plan.level)
    return round_estimates(found).assign(
        device=device,
        candidate=candidate,
        metric=metric,
        smallest=round_10(values.min()),
        largest=round_10(values.max()),
    )


def main(argv: list[str] | None = None) -> int:
    """Read comparisons and verdicts, estimate, write the table."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--cells", type=Path, nargs="+", required=True, help="measured cells")
    parser.add_argument("--pairwise", type=Path, required=True, help="finalists compared")
    parser.add_argument("--aa", type=Path, required=True, help="A/A pairs")
    parser.add_argument("--verdicts", type=Path, required=True, help="judged replays")
    parser.add_argument("--out", type=Path, required=True, help="table of quality")
    options.add_plan(parser)
    arguments = parser.parse_args(argv)

    def body() -> None:
        quality = assess(
            read_recordings(arguments.cells, CELLS),
            read_table(arguments.pairwise, PAIRWISE),
            read_table(arguments.aa, AA),
            read_table(arguments.verdicts, VERDICTS),
            options.plan(arguments),
        )
        write_table(arguments.out, quality, QUALITY)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
