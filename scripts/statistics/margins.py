"""What is shown at which margin: win, loss, non-inferior, equal, open; before and after widening.

Non-inferior: the upper end of the interval is at most 1 + margin. Equal: the whole interval lies
within the margin. Open: neither win nor loss nor equal. The widened interval allows for what
identical pairs of the same dataset and batch size differ by (``scripts.statistics.aa_rates``).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.judging.decision import LOSS, WIN, decide, equal, non_inferior
from scripts.lib.log import run_main
from scripts.lib.schemas.headline import Choice
from scripts.lib.schemas.live import LIVE, TOGETHER
from scripts.lib.schemas.margins import MARGINS
from scripts.lib.schemas.triples import TRIPLE_VERDICTS
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.statistics import held, options
from scripts.statistics.aa_rates import widen
from scripts.statistics.bootstrap import (
    Floats,
    Plan,
    estimate_means,
    round_estimates,
    widen_certain_rates,
)
from scripts.statistics.live import CHOICES, judged_as

LEVELS = (0.0, 0.005, 0.01, 0.02)
METRICS = ("win", "loss", "non_inferior", "equal", "open")
ERRORS = ("recorded", "widened")
KEYS = ["device", "choice", "source"]
NAMES = ["choice", "source", "dataset", "cell_id", "same", "ratio", "low", "high"]
EXAMPLE = (
    "python -m scripts.statistics.margins --live live.parquet --verdicts triple_verdicts.parquet"
    " --states states.parquet --aa aa_rates.parquet --study nvidia_h200-study --out margins.parquet"
)


def shown(low: Floats, high: Floats, margin: float) -> Floats:
    """1 where each of METRICS holds at the margin, shape (rows, metrics); unknown ends: open."""
    words = decide(low, high, margin)
    same = equal(low, high, margin)
    win, loss = words == WIN, words == LOSS
    columns = (win, loss, non_inferior(high, margin), same, ~(win | loss | same))
    return np.column_stack(columns).astype(np.float64)


def judged(live: pd.DataFrame, verdicts: pd.DataFrame, found: held.Held) -> pd.DataFrame:
    """NAMES of every choice that has a ratio; same: it is the committed config itself.

    ``found``: by whose finals each choice of LIVE was judged.
    """
    copied = verdicts["carried_id"] == verdicts["committed_id"]
    parts = [verdicts.assign(choice=str(Choice.COPY), same=copied)]
    for choice in CHOICES:
        rows = judged_as(choice, live).assign(choice=str(choice))
        rows["dataset"] = found.of_searches(rows, choice)
        alone = rows["source"] == ""
        rows["source"] = rows["source"].mask(alone, TOGETHER)
        parts.append(rows[rows["triple"] | alone])
    known = pd.concat([part.dropna(subset="ratio")[NAMES] for part in parts], ignore_index=True)
    return known.sort_values(["choice", "source", "cell_id"], ignore_index=True)


def margins(rows: pd.DataFrame, rates: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """MARGINS of ``judged`` rows; ``rates``: AA_RATES."""
    cells = [parse_cell(name) for name in rows["cell_id"]]
    error = held.errors(rows.assign(tokens=[cell.tokens for cell in cells]), rates)
    low, high = (rows[name].to_numpy(dtype=np.float64) for name in ("low", "high"))
    ends = dict(zip(ERRORS, ((low, high), widen(low, high, error)), strict=True))
    marks = np.hstack([shown(*ends[name], margin) for name in ERRORS for margin in LEVELS])
    columns = pd.MultiIndex.from_product([ERRORS, LEVELS, METRICS])
    about = columns.to_frame(index=False, name=["error", "margin", "metric"])
    shapes = np.array([cell.shape.id for cell in cells])
    keyed = rows.assign(device=[cell.device for cell in cells])
    parts = []
    for _, some in keyed.groupby(KEYS, sort=True):
        places = some.index.to_numpy()
        named = {column: str(some[column].iloc[0]) for column in KEYS}
        name = f"margins {' '.join(named.values())}"
        found = estimate_means(marks[places], shapes[places], plan, name)
        found = round_estimates(widen_certain_rates(found, plan.level))
        parts.append(pd.concat([found.assign(**named), about], axis=1))
    return pd.concat(parts, ignore_index=True)[MARGINS.names]


def main(argv: list[str] | None = None) -> int:
    """Read what was judged and the A/A pairs, count, write."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--live", type=Path, required=True, help="LIVE table")
    parser.add_argument("--verdicts", type=Path, required=True, help="TRIPLE_VERDICTS table")
    parser.add_argument("--out", type=Path, required=True, help="MARGINS table to write")
    held.add_options(parser)
    options.add_plan(parser)
    arguments = parser.parse_args(argv)

    def body() -> None:
        live = read_table(arguments.live, LIVE)
        verdicts = read_table(arguments.verdicts, TRIPLE_VERDICTS)
        known = held.read(arguments)
        found = margins(judged(live, verdicts, known), known.rates, options.plan(arguments))
        write_table(arguments.out, found, MARGINS)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
