"""What S1-S8 chose in the end: won, tied or lost to the committed config; behind the best, and why.

Of a run that ends behind the fastest config by more than the margin, the nearest cause is the first
that holds: its choice is in the cell's tie-set (noise); it ended by itself (stopped_early); it
never tried a config with the fastest's BLOCK_SIZE_M (tile_not_tried); else its trials ran out
(budget).

Intervals of recorded medians are widened by what identical pairs of the recording differ by.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.judging.bands import NEAR
from scripts.lib.judging.decision import LOSS, TIE, WIN, decide
from scripts.lib.log import run_main
from scripts.lib.schemas.search import BUDGETS, SEARCH_BEHIND, SEARCH_CHOICES, SEARCH_VERDICTS
from scripts.lib.tables import read_table, write_table
from scripts.statistics import held, options
from scripts.statistics.bootstrap import (
    Plan,
    estimate_means,
    round_estimates,
    widen_certain_rates,
)
from scripts.statistics.searches import with_classes
from scripts.statistics.stacked import stacked

LOG = logging.getLogger("statistics.search_choices")
_GROUPS = ("scheme", "regime", "source")
EXAMPLE = """
  python -m scripts.statistics.search_choices \\
    --choices results/tables/transfer/search_choices.parquet \\
    --states results/tables/statistics/states.parquet --replayed nvidia_h200-complete \\
    --aa results/tables/statistics/aa_rates.parquet --margin 0.01 \\
    --resamples 10000 --level 0.95 --seed 1 \\
    --out-verdicts results/tables/statistics/search_verdicts.parquet \\
    --out-behind results/tables/statistics/search_behind.parquet
"""


def verdicts(choices: pd.DataFrame, margin: float, plan: Plan) -> pd.DataFrame:
    """SEARCH_VERDICTS of SEARCH_CHOICES, without cells whose committed config was not timed."""
    judged = with_classes(choices[choices["ratio"].notna()])
    verdict = decide(judged["low"], judged["high"], margin)
    rates = pd.DataFrame({word: (verdict == word).astype(float) for word in (WIN, TIE, LOSS)})
    rates["within_2"] = (judged["ratio"].to_numpy() <= NEAR).astype(float)
    parts = []
    for device, strategy, group, value, rows in _classes(judged):
        values = rates.loc[rows.index]
        name = f"chosen {strategy} {group} {value}"
        found = estimate_means(values.to_numpy(), rows["file"], plan, name)
        found = round_estimates(widen_certain_rates(found, plan.level))
        about = {"device": device, "strategy": strategy, "group": group, "value": value}
        parts.append(found.assign(**about, metric=list(rates.columns)))
    order = ["device", "strategy", "group", "value", "metric"]
    return stacked(parts, SEARCH_VERDICTS.names).sort_values(order, ignore_index=True)


def _classes(judged: pd.DataFrame) -> Iterator[tuple[str, str, str, str, pd.DataFrame]]:
    """GPU, strategy, group, value and the rows of each class."""
    for (device, strategy), runs in judged.groupby(["device", "strategy"]):
        yield str(device), str(strategy), "all", "", runs
        for group in _GROUPS:
            for value, rows in runs.groupby(group, sort=True):
                yield str(device), str(strategy), group, str(value), rows


def behind(choices: pd.DataFrame, margin: float) -> pd.DataFrame:
    """SEARCH_BEHIND of SEARCH_CHOICES, the furthest behind first."""
    rows = choices[~(choices["regret"] <= 1.0 + margin)]
    cause = np.select(
        [rows["tied"], rows["trials"] < BUDGETS[-1], rows["trial_best_tile"].isna()],
        ["noise", "stopped_early", "tile_not_tried"],
        "budget",
    )
    order = ["regret", "cell_id", "strategy", "source"]
    return rows.assign(cause=cause).sort_values(
        order, ascending=[False, True, True, True], ignore_index=True, na_position="first"
    )


def main(argv: list[str] | None = None) -> int:
    """Parse, read, judge, write."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--choices", type=Path, required=True, help="SEARCH_CHOICES table")
    parser.add_argument("--margin", type=float, required=True, help="of a win or loss, as 0.01")
    parser.add_argument("--out-verdicts", type=Path, required=True, help="SEARCH_VERDICTS to write")
    parser.add_argument("--out-behind", type=Path, required=True, help="SEARCH_BEHIND to write")
    held.add_replayed(parser)
    options.add_plan(parser)
    args = parser.parse_args(argv)

    def body() -> None:
        choices = read_table(args.choices, SEARCH_CHOICES)
        plan = options.plan(args)
        late = behind(choices, args.margin)
        judged = held.read_replayed(args, choices)
        write_table(args.out_verdicts, verdicts(judged, args.margin, plan), SEARCH_VERDICTS)
        write_table(args.out_behind, late, SEARCH_BEHIND)
        LOG.info("%s: %d of %d runs behind", args.out_behind, len(late), len(choices))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
