"""The headline metrics of every ordered pair of GPUs, each with four intervals; the widest counts.

Time gaps of all pairs; and of the pairs into a measured GPU what the source's configs, copied, the
best of the configs tried, and what a search from the source found on the GPU are worth against the
committed ones, over all their triples.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.log import run_main
from scripts.lib.schemas.corpus import TRIPLES
from scripts.lib.schemas.gains import GAINS
from scripts.lib.schemas.headline import HEADLINE, HEADLINE_TESTS, Choice, Group
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.recorded import SPREAD
from scripts.lib.schemas.triples import TRIPLE_VERDICTS
from scripts.lib.tables import read_table, write_table
from scripts.statistics import held as held_in
from scripts.statistics import options
from scripts.statistics.bootstrap import Plan, round_10
from scripts.statistics.headline_metrics import GAPS, groups
from scripts.statistics.held import Held
from scripts.statistics.intervals import NUMBERS, ends_of, estimates
from scripts.statistics.judged import Part, estimate_metrics
from scripts.statistics.label_noise import flips, label_noise
from scripts.statistics.live import over_triples
from scripts.statistics.multiple import adjust, count_pair
from scripts.statistics.replicates import means

Pair = tuple[str, str]
PAIR = ["source", "target"]
FILES = ["source_file", "target_file"]
EXAMPLE = (
    "python -m scripts.statistics.headline --triples triples.parquet"
    " --verdicts triple_verdicts.parquet --gains gains.parquet --live live.parquet"
    " --spread spread.parquet --states states.parquet --aa aa_rates.parquet --margin 0.01"
    " --out headline.parquet --out-tests headline_tests.parquet"
)


def choices(
    verdicts: pd.DataFrame,
    gains: pd.DataFrame,
    live: pd.DataFrame,
    spread: pd.DataFrame,
    held: Held,
    margin: float,
) -> dict[Choice, pd.DataFrame]:
    """What is judged on each triple: TRIPLE_VERDICTS with trials, label_noise, flips and its state.

    A copy costs no search, so it has no trials. The best of a cell's candidates is the same for
    all sources; its trials are the configs tried. ``live``: LIVE.
    """
    known = label_noise(spread, verdicts[["cell_id", "committed_id"]])
    noise = verdicts["cell_id"].map(known).astype(float)
    same = verdicts["carried_id"] == verdicts["committed_id"]
    copies = held.about(verdicts.assign(trials=np.nan, same=same))
    judged = gains[["dataset", "cell_id", "ratio", "low", "high", "verdict", "tried"]]
    kept = verdicts.drop(columns=["ratio", "low", "high", "verdict"])
    best = kept.merge(judged, on=["dataset", "cell_id"], how="left", validate="many_to_one")
    trials = best["tried"].where(best["verdict"].notna())
    best = held.about(best.assign(trials=trials, same=False))
    searched = held.about(over_triples(verdicts, live, held))
    # The noise is the cell's, whatever is judged on it, and stands with the copies alone.
    return {
        Choice.COPY: copies.assign(label_noise=noise, flips=flips(copies, noise, margin)),
        Choice.BEST: best.assign(label_noise=np.nan, flips=flips(best, noise, margin)),
        Choice.SEARCHED: searched.assign(label_noise=np.nan, flips=flips(searched, noise, margin)),
    }


def headline(
    triples: pd.DataFrame, judged: dict[Choice, pd.DataFrame], plan: Plan, margin: float
) -> pd.DataFrame:
    """All metrics of all pairs; schema HEADLINE. ``margin``: of the verdicts."""
    dates = triples[[*PAIR, *FILES, "batch", *GAPS]]
    found = [_gaps([*_pairs(dates)], plan)]
    parts = [
        _part(pair, some, choice, group)
        for choice, table in judged.items()
        for pair, rows in _pairs(table)
        for group, some in groups(rows, choice).items()
    ]
    if parts:
        found.append(estimate_metrics(parts, plan, margin))
    out = pd.concat(found, ignore_index=True)
    out[NUMBERS] = out[NUMBERS].map(round_10)
    return out[HEADLINE.names].sort_values(
        [*PAIR, "choice", "group"], kind="stable", ignore_index=True
    )


def significance(judged: dict[Choice, pd.DataFrame], plan: Plan) -> pd.DataFrame:
    """Whether each pair's wins outnumber its losses; schema HEADLINE_TESTS."""
    rows = [
        {
            "source": source,
            "target": target,
            "choice": str(choice),
            **count_pair(part, part["files"], plan, f"{source}->{target} {choice}"),
        }
        for choice, table in judged.items()
        for (source, target), part in _pairs(table)
    ]
    counted = [name for name in HEADLINE_TESTS.names if name not in ("p_adjusted", "finding")]
    return adjust(pd.DataFrame(rows, columns=counted), plan.level)


def _pairs(table: pd.DataFrame) -> Iterator[tuple[Pair, pd.DataFrame]]:
    """The rows of each pair, in an order of their own: the resamples must not depend on theirs.

    ``files`` numbers the pair of files that a row comes from.
    """
    own = [name for name in ("tokens", "batch") if name in table]
    ordered = table.sort_values([*PAIR, *FILES, *own], kind="stable", ignore_index=True)
    ordered["files"] = ordered.groupby(FILES, sort=False).ngroup()
    for (source, target), rows in ordered.groupby(PAIR, sort=True):
        yield (str(source), str(target)), rows


def _gaps(pairs: Sequence[tuple[Pair, pd.DataFrame]], plan: Plan) -> pd.DataFrame:
    """Both time gaps of all pairs."""
    found = []
    for pair, rows in pairs:
        codes = pd.factorize(rows["files"])[0]
        values = rows[[*GAPS]].to_numpy(dtype=np.float64)
        found.append(ends_of(values, codes, means, range(len(GAPS)), plan, "->".join(pair)))
    of_pairs = np.repeat([pair for pair, _ in pairs], len(GAPS), axis=0)
    about = {"choice": str(Choice.CORPUS), "group": str(Group.ALL)}
    named = dict(zip(PAIR, of_pairs.T, strict=True))
    return estimates(found).assign(**named, **about, metric=[*GAPS] * len(pairs))


def _part(pair: Pair, rows: pd.DataFrame, choice: Choice, group: Group) -> Part:
    """One choice on some triples of a pair."""
    about = dict(zip(PAIR, pair, strict=True)) | {"choice": str(choice), "group": str(group)}
    return Part(about, rows, rows["files"], f"{'->'.join(pair)} {choice} {group}")


def main(argv: list[str] | None = None) -> int:
    """Read the judged triples, estimate, write both tables."""
    parser = options.parser(__doc__, EXAMPLE)
    for name, text in {
        "triples": "triples of the corpus",
        "verdicts": "verdicts of the copied configs",
        "gains": "best of the configs tried, cell by cell",
        "live": "searches on the GPU, LIVE",
        "spread": "differences between recordings",
        "out": "table of metrics",
        "out-tests": "table of tests",
    }.items():
        parser.add_argument(f"--{name}", type=Path, required=True, help=text)
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    held_in.add_options(parser)
    options.add_plan(parser)
    arguments = parser.parse_args(argv)

    def body() -> None:
        plan = options.plan(arguments)
        judged = choices(
            read_table(arguments.verdicts, TRIPLE_VERDICTS),
            read_table(arguments.gains, GAINS),
            read_table(arguments.live, LIVE),
            read_table(arguments.spread, SPREAD),
            held_in.read(arguments),
            arguments.margin,
        )
        table = headline(read_table(arguments.triples, TRIPLES), judged, plan, arguments.margin)
        write_table(arguments.out, table, HEADLINE)
        write_table(arguments.out_tests, significance(judged, plan), HEADLINE_TESTS)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
