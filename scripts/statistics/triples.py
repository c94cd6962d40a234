"""A verdict for every triple whose target was measured: the source's config, as it stands (S1).

The evidence is that of ``scripts.statistics.verdicts``, best first: ``same`` (the carried config
is the committed one), ``paired`` (both were finalists), ``sweep`` (anchored medians, the interval
widened by what sweep and finals of the cell disagree on), ``none``. A copy that failed on the GPU
is a loss; a cell that was not measured has no verdict.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from scripts.lib.carry import carried_over
from scripts.lib.config import parse_id
from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.judging.decision import LOSS, decide
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.corpus import SHAPE_KEY, SHAPES, TRIPLES
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.schemas.triples import TRIPLE_VERDICTS, Unproved
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import round_10
from scripts.statistics.dataset import read_recordings
from scripts.statistics.pairwise import compare_finalists
from scripts.statistics.stacked import stacked
from scripts.statistics.verdicts import against_committed

KEYS = ["cell_id", "config_id"]
TRIAL_COLUMNS = [*KEYS, "outcome", "median_us", "low_us", "high_us", "anchor_us"]
CELL_COLUMNS = ["cell_id", "device", "committed_id", "marks"]
EXAMPLE = (
    "python -m scripts.statistics.triples --triples triples.parquet --shapes shapes.parquet"
    " --trials a/trials.parquet --cells a/cells.parquet --finals a/finals.parquet"
    " --margin 0.01 --out triple_verdicts.parquet"
)


def judge_triples(
    triples: pd.DataFrame, trials: pd.DataFrame, judged: pd.DataFrame, cells: pd.DataFrame
) -> pd.DataFrame:
    """The verdicts; schema TRIPLE_VERDICTS without ``dataset``.

    ``triples``: as ``carried`` writes them; ``judged``: as ``compare_choices``. InputError if the
    target's committed config was another one when its cell was measured.
    """
    measured = cells[["cell_id", "committed_id", "marks"]]
    out = triples.merge(measured, on="cell_id", how="left", validate="many_to_one")
    changed = out["committed_id"].notna() & (out["committed_id"] != out["target_config_id"])
    if changed.any():
        raise InputError(
            f"cells: {out.loc[changed, 'cell_id'].iloc[0]} was measured against another committed"
            " config than the corpus holds; measure it again"
        )
    tried = trials[[*KEYS, "outcome"]].rename(columns={"config_id": "carried_id"})
    out = out.merge(tried, on=["cell_id", "carried_id"], how="left", validate="many_to_one")
    found = judged.rename(columns={"choice": "carried_id"})
    out = out.merge(found, on=["cell_id", "carried_id"], how="left", validate="many_to_one")
    out = out.assign(
        committed_id=out["target_config_id"],
        outcome=out["outcome"].fillna(Outcome.NOT_MEASURED),
        evidence=out["evidence"].fillna("none"),
        reason=_reasons(out, trials),
    )
    return out.sort_values(["source", "scheme", "shape_id", "tokens"], ignore_index=True)


def _reasons(out: pd.DataFrame, trials: pd.DataFrame) -> pd.Series:
    """Why a triple has no ratio; None where it has one."""
    ran = trials.loc[trials["outcome"] == Outcome.CORRECT, KEYS]
    committed = pd.MultiIndex.from_frame(out[["cell_id", "target_config_id"]])
    reasons = pd.Series(str(Unproved.COPY_FAILED), index=out.index, dtype=object)
    reasons[~committed.isin(pd.MultiIndex.from_frame(ran))] = str(Unproved.COMMITTED_FAILED)
    reasons[out["outcome"].isna() | (out["outcome"] == Outcome.NOT_MEASURED)] = str(
        Unproved.NOT_MEASURED
    )
    reasons[out["ratio"].notna()] = None
    return reasons


def with_verdict(table: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Add ``verdict``: at the margin; a failed copy has lost, what was not measured has none."""
    words = pd.Series(decide(table["low"], table["high"], margin), index=table.index)
    words = words.where(table["ratio"].notna(), None)
    return table.assign(verdict=words.mask(table["reason"] == Unproved.COPY_FAILED, LOSS))


def carried(triples: pd.DataFrame, shapes: pd.DataFrame, device: str) -> pd.DataFrame:
    """The triples into a GPU, each with its cell and the source's config as that GPU takes it.

    A foreign kernel's parameters are no config and have no triple here.
    """
    configs = ["source_config_id", "target_config_id"]
    rows = triples[triples["target"] == device].dropna(subset=configs)
    keys = [*SHAPE_KEY, "scheme"]
    rows = rows.merge(shapes[[*keys, "shape_id"]], on=keys, validate="many_to_one")
    target = find_device(device)
    ids = {name: carried_over(parse_id(name), target).id for name in rows[configs[0]].unique()}
    return rows.assign(
        cell_id=rows["target"] + "/" + rows["shape_id"] + "/M" + rows["batch"].astype(str),
        tokens=rows["batch"],
        carried_id=rows[configs[0]].map(ids),
    )


def compare_choices(
    triples: pd.DataFrame, trials: pd.DataFrame, cells: pd.DataFrame, pairwise: pd.DataFrame
) -> pd.DataFrame:
    """Ratio, interval and evidence of each carried config; see ``against_committed``."""
    choices = triples[["cell_id", "carried_id"]].rename(columns={"carried_id": "choice"})
    choices = choices[choices["cell_id"].isin(cells["cell_id"])].drop_duplicates()
    out = against_committed(choices, trials, cells, pairwise)
    numbers = ["ratio", "low", "high"]
    out[numbers] = out[numbers].astype(float).map(round_10)
    return out


def main(argv: list[str] | None = None) -> int:
    """Read the corpus and the datasets, judge, write."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--triples", type=Path, required=True, help="triples of the corpus")
    parser.add_argument("--shapes", type=Path, required=True, help="shapes of the corpus")
    for name in ("trials", "cells", "finals"):
        text = f"{name} of each dataset; no cell twice"
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    parser.add_argument("--level", type=float, default=0.95, help="level of the intervals")
    parser.add_argument("--out", type=Path, required=True, help="table of verdicts")
    arguments = parser.parse_args(argv)

    def body() -> None:
        trials = read_recordings(arguments.trials, TRIALS, TRIAL_COLUMNS)
        cells = read_recordings(arguments.cells, CELLS, CELL_COLUMNS)
        finals = read_recordings(arguments.finals, FINALS)
        pairs, _ = compare_finalists(finals, cells, arguments.margin, arguments.level)
        shapes = read_table(arguments.shapes, SHAPES)
        every = read_table(arguments.triples, TRIPLES)
        parts = []
        for device, here in cells.groupby("device", sort=True):
            triples = carried(every, shapes, str(device))
            judged = compare_choices(triples, trials, here, pairs)
            own = here.set_index("cell_id")["dataset"]
            found = judge_triples(triples, trials, judged, here)
            # A cell that was not measured is missing from the GPU's first recording.
            found = found.assign(dataset=found["cell_id"].map(own).fillna(own.iloc[0]))
            parts.append(with_verdict(found, arguments.margin))
        write_table(arguments.out, stacked(parts, TRIPLE_VERDICTS.names), TRIPLE_VERDICTS)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
