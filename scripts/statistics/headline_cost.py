"""What the headline's intervals cost, beside a loop over scipy's bootstrap on a sample of them.

Prints seconds: for this machine and moment, so no part of the results. Both sides resample triples
and files as often, and give percentile and BCa intervals of each figure.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from scripts.lib.log import run_main
from scripts.lib.schemas.corpus import TRIPLES
from scripts.lib.schemas.gains import GAINS
from scripts.lib.schemas.headline import Choice
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.recorded import SPREAD
from scripts.lib.schemas.triples import TRIPLE_VERDICTS
from scripts.lib.tables import read_table
from scripts.statistics import held as held_in
from scripts.statistics import options
from scripts.statistics.bootstrap import Floats, Plan
from scripts.statistics.headline import FILES, PAIR, choices, headline
from scripts.statistics.headline_metrics import GAPS, metrics
from scripts.statistics.replicates import Codes

EXAMPLE = (
    "python -m scripts.statistics.headline_cost --triples triples.parquet"
    " --verdicts triple_verdicts.parquet --gains gains.parquet --live live.parquet"
    " --spread spread.parquet --states states.parquet --aa aa_rates.parquet"
)


def figures(
    triples: pd.DataFrame, judged: dict[Choice, pd.DataFrame], margin: float
) -> list[tuple[Floats, Codes]]:
    """The values and the file codes of every mean of every pair, over all its triples."""
    found: list[tuple[Floats, Codes]] = []
    for _, rows in triples.groupby(PAIR, sort=True):
        codes = pd.factorize(pd.MultiIndex.from_frame(rows[FILES]))[0]
        found += [(rows[name].to_numpy(dtype=np.float64), codes) for name in GAPS]
    for table in judged.values():
        for _, rows in table.groupby(PAIR, sort=True):
            codes = pd.factorize(pd.MultiIndex.from_frame(rows[FILES]))[0]
            values = metrics(rows, margin).to_numpy(dtype=np.float64)
            found += [(column, codes) for column in values.T]
    return found


def scipy_intervals(values: Floats, codes: Codes, plan: Plan) -> None:
    """All four intervals of one mean, as one would write them down first."""
    here = ~np.isnan(values)
    if not here.any():
        return
    values, codes = values[here], pd.factorize(codes[here])[0]
    sums, counts = np.bincount(codes, values), np.bincount(codes).astype(np.float64)
    for data, statistic in (
        ((values,), np.mean),
        ((sums, counts), lambda total, count: total.sum() / count.sum()),
    ):
        if len(data[0]) < 2:
            continue
        for method in ("percentile", "BCa"):
            stats.bootstrap(
                data,
                statistic,
                paired=len(data) > 1,
                n_resamples=plan.resamples,
                confidence_level=plan.level,
                method=method,
                vectorized=False,
                rng=plan.generator("scipy"),
            )


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock and processor seconds of a piece of work."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def compare(
    triples: pd.DataFrame,
    judged: dict[Choice, pd.DataFrame],
    plan: Plan,
    sample: int,
    margin: float,
) -> pd.DataFrame:
    """Seconds of both, scipy's scaled from ``sample`` figures to all that are means."""
    every = figures(triples, judged, margin)
    chosen = plan.generator("sample").choice(len(every), min(sample, len(every)), replace=False)

    def naive() -> None:
        with warnings.catch_warnings(), np.errstate(invalid="ignore"):
            # Where all values are the same there is no BCa interval.
            warnings.simplefilter("ignore", stats.DegenerateDataWarning)
            for place in chosen:
                values, codes = every[place]
                scipy_intervals(values, codes, plan)

    ours = seconds(lambda: headline(triples, judged, plan, margin))
    scale = len(every) / len(chosen)
    theirs = [part * scale for part in seconds(naive)]
    rows = [
        ("this module, all figures", len(every), *ours),
        (f"scipy.stats.bootstrap, scaled from {len(chosen)}", len(every), *theirs),
    ]
    return pd.DataFrame(rows, columns=["what", "means", "wall_seconds", "cpu_seconds"])


def main(argv: list[str] | None = None) -> int:
    """Read the tables, time both, print."""
    parser = options.parser(__doc__, EXAMPLE)
    held_in.add_options(parser)
    for name in ("triples", "verdicts", "gains", "live", "spread"):
        text = f"as scripts.statistics.headline takes --{name}"
        parser.add_argument(f"--{name}", type=Path, required=True, help=text)
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    parser.add_argument("--sample", type=int, default=12, help="figures that scipy is asked for")
    options.add_plan(parser)
    arguments = parser.parse_args(argv)

    def body() -> None:
        judged = choices(
            read_table(arguments.verdicts, TRIPLE_VERDICTS),
            read_table(arguments.gains, GAINS),
            read_table(arguments.live, LIVE),
            read_table(arguments.spread, SPREAD),
            held_in.read(arguments),
            arguments.margin,
        )
        triples = read_table(arguments.triples, TRIPLES)
        table = compare(
            triples, judged, options.plan(arguments), arguments.sample, arguments.margin
        )
        print(table.round(1).to_string(index=False))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
