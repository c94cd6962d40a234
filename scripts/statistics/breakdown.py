"""How copied configs, the best candidates and what searches found fare in each class of cells.

Classes: experts, intermediate size, number formats, tokens, model family, age and Triton version
of the committed config, and for copied and searched ones the source GPU and its maker. Whole layers
are resampled as files. A copy that failed is a loss and has no ratio; a rate counts it as outside.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.judging.bands import within
from scripts.lib.judging.decision import LOSS, TIE, WIN
from scripts.lib.log import run_main
from scripts.lib.schemas.breakdowns import BREAKDOWNS, By, What
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.schemas.gains import GAINS
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.recorded import COVERAGE
from scripts.lib.schemas.triples import TRIPLE_VERDICTS
from scripts.lib.tables import read_table, write_table
from scripts.statistics import held as held_in
from scripts.statistics import options
from scripts.statistics.bootstrap import (
    Plan,
    estimate_means,
    exponentiate,
    round_estimates,
    widen_certain_rates,
)
from scripts.statistics.classes import classify, describe_files
from scripts.statistics.headline_metrics import WIDENED, widened
from scripts.statistics.held import Held
from scripts.statistics.live import over_triples
from scripts.statistics.stacked import stacked

VERDICTS = (WIN, TIE, LOSS)
WITHIN = {"at_or_under": 1.0, **within(2, 10)}
WIN_OR_TIE = "win_or_tie"
RATES = [*VERDICTS, WIN_OR_TIE, *WITHIN, *WIDENED]
EXAMPLE = (
    "python -m scripts.statistics.breakdown --triples triple_verdicts.parquet"
    " --gains gains.parquet --live live.parquet --states states.parquet --aa aa_rates.parquet"
    " --coverage coverage.parquet --shapes shapes.parquet"
    " --history data/recorded/history.parquet --out breakdowns.parquet"
)


def break_down(
    judged: pd.DataFrame, classes: dict[By, pd.Series], margin: float, plan: Plan
) -> pd.DataFrame:
    """BREAKDOWNS rows from ``by`` on, of rows with shape_id, JUDGED and error, all judged."""
    name = "breakdown"
    parts = [_rates(judged, margin, plan, name).assign(by=By.ALL, order=0, value=str(By.ALL))]
    for by, labels in classes.items():
        for order, value in enumerate(labels.cat.categories):
            rows = judged[labels == value]
            if len(rows):
                found = _rates(rows, margin, plan, f"{name} {by} {value}")
                parts.append(found.assign(by=by, order=order, value=value))
    return pd.concat(parts, ignore_index=True)


def _rates(rows: pd.DataFrame, margin: float, plan: Plan, name: str) -> pd.DataFrame:
    marks = [rows["verdict"] == word for word in VERDICTS]
    marks.append(rows["verdict"].isin([WIN, TIE]))
    marks += [rows["ratio"] <= limit for limit in WITHIN.values()]
    marks += [*widened(rows, margin).values()]
    ratio = rows["ratio"].to_numpy(dtype=float)
    won = np.where(rows["verdict"] == WIN, 1 / ratio, np.nan)
    values = np.column_stack([*(mark.to_numpy(dtype=float) for mark in marks), np.log(ratio), won])
    found = estimate_means(values, rows["shape_id"], plan, name).assign(
        metric=[*RATES, "ratio", "speedup_winners"]
    )
    kinds = [slice(0, len(RATES)), slice(len(RATES), len(RATES) + 1), slice(len(RATES) + 1, None)]
    rates, ratios, speedups = (found.iloc[kind] for kind in kinds)
    out = pd.concat([widen_certain_rates(rates, plan.level), exponentiate(ratios), speedups])
    return round_estimates(out).assign(judged=len(rows))


def judged_rows(
    triples: pd.DataFrame,
    gains: pd.DataFrame,
    live: pd.DataFrame,
    coverage: pd.DataFrame,
    held: Held,
) -> Iterator[tuple[What, pd.DataFrame]]:
    """The rows of each kind with their A/A error; the best are of the dataset of the triples."""
    names = {"target": "device", "target_file": "file"}
    same = triples["carried_id"] == triples["committed_id"]
    copied, found = triples.assign(same=same), over_triples(triples, live, held)
    yield What.COPIED, held.about(copied).rename(columns=names)
    yield What.SEARCHED, held.about(found).rename(columns=names)
    files = coverage.drop_duplicates("cell_id").set_index("cell_id")["file"]
    judged_by = triples[["target", "dataset"]].drop_duplicates()
    rows = gains.merge(judged_by.rename(columns={"target": "device"}), on=["device", "dataset"])
    rows = rows[rows["cell_id"].isin(files.index)]
    yield What.BEST, held.about(rows.assign(file=rows["cell_id"].map(files), same=False))


def break_all_down(
    judged: Iterable[tuple[What, pd.DataFrame]],
    shapes: pd.DataFrame,
    history: pd.DataFrame,
    margin: float,
    plan: Plan,
) -> pd.DataFrame:
    """Every class of each kind for every measured GPU; schema BREAKDOWNS.

    ``judged``: as ``judged_rows``. InputError if no shape is known.
    """
    if shapes.empty:
        raise InputError("shapes: no layer; build the corpus again")
    files = describe_files(history)
    parts = []
    for what, every in judged:
        for device, rows in every.dropna(subset="verdict").groupby("device", sort=True):
            found = break_down(rows, classify(rows, shapes, files), margin, plan)
            parts.append(found.assign(what=what, device=device))
    return stacked(parts, BREAKDOWNS.names)


def main(argv: list[str] | None = None) -> int:
    """Read verdicts and what is known of their cells, break down, write."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--triples", type=Path, required=True, help="judged triples")
    parser.add_argument("--gains", type=Path, required=True, help="best of the configs tried")
    parser.add_argument("--coverage", type=Path, required=True, help="files of the cells")
    parser.add_argument("--shapes", type=Path, required=True, help="shapes of the corpus")
    parser.add_argument("--history", type=Path, required=True, help="mined history")
    parser.add_argument("--out", type=Path, required=True, help="table of classes")
    parser.add_argument("--live", type=Path, required=True, help="searches on the GPU, LIVE")
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    held_in.add_options(parser)
    options.add_plan(parser)
    arguments = parser.parse_args(argv)

    def body() -> None:
        judged = judged_rows(
            read_table(arguments.triples, TRIPLE_VERDICTS),
            read_table(arguments.gains, GAINS),
            read_table(arguments.live, LIVE),
            read_table(arguments.coverage, COVERAGE, ["cell_id", "file"]),
            held_in.read(arguments),
        )
        table = break_all_down(
            judged,
            read_table(arguments.shapes, SHAPES, ["shape_id", "model"]),
            read_table(arguments.history, HISTORY, ["file", "last_commit_date", "triton_version"]),
            arguments.margin,
            options.plan(arguments),
        )
        write_table(arguments.out, table, BREAKDOWNS)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
