"""How often intervals of identical pairs miss 1, and how far from 1 they lie, by batch size.

Two slots of one config differ by where they stand in a round. Where every round has the same order
or its reverse, that is a bias which more rounds do not remove: the interval of the rounds is then
too narrow, and the pairs measure by how much (``widen``).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from scripts.lib.judging.decision import LOSS, WIN
from scripts.lib.log import run_main
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.measured import FINALS
from scripts.lib.shape import parse_cell
from scripts.lib.tables import write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import Floats, round_10
from scripts.statistics.dataset import read_datasets
from scripts.statistics.false_wins import twins_by_dataset

BIAS_LEVEL = 0.95  # share of identical pairs that the bound on the bias holds for
EXAMPLE = "python -m scripts.statistics.aa_rates --finals a/finals.parquet --out aa_rates.parquet"


def aa_rates(twins: pd.DataFrame) -> pd.DataFrame:
    """AA_RATES of A/A pairs; ``twins``: AA with ``dataset``."""
    known = twins.dropna(subset=["low", "high"])
    tokens = known["cell_id"].map(lambda name: parse_cell(name).tokens)
    rows = []
    for name, pairs in known.groupby("dataset", sort=True):
        rows.append({"dataset": name, "tokens": None, **_rates(pairs)})
        for size, some in pairs.groupby(tokens, sort=True):
            rows.append({"dataset": name, "tokens": size, **_rates(some)})
    return pd.DataFrame(rows, columns=AA_RATES.names).astype({"tokens": "Int32"})


def _rates(pairs: pd.DataFrame) -> dict[str, float]:
    apart = np.abs(np.log(pairs["ratio"].to_numpy(dtype=np.float64)))
    return {
        "pairs": len(pairs),
        "missed": round_10(((pairs["low"] > 1) | (pairs["high"] < 1)).mean()),
        "false_win": round_10((pairs["verdict"] == WIN).mean()),
        "false_loss": round_10((pairs["verdict"] == LOSS).mean()),
        # Upper of two order statistics: of few pairs the furthest, never less than was seen.
        "error": round_10(float(np.quantile(apart, BIAS_LEVEL, method="higher"))),
    }


def widen(low: npt.ArrayLike, high: npt.ArrayLike, error: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Ends moved apart by a bound on the bias (log ratio): added, since it is not random.

    A bias of unknown sign that stays below ``error`` shifts the whole interval by at most that, so
    the wider one holds the truth as often as the narrow one holds truth plus bias. An unknown
    error gives an unknown interval, which shows nothing.
    """
    factor = np.exp(np.asarray(error, dtype=np.float64))
    return np.asarray(low, dtype=np.float64) / factor, np.asarray(high, dtype=np.float64) * factor


def main(argv: list[str] | None = None) -> int:
    """Read the finals, compare identical pairs, write."""
    parser = options.parser(__doc__, EXAMPLE)
    text = "interleaved samples of each dataset; the folder names it"
    parser.add_argument("--finals", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    parser.add_argument("--level", type=float, default=0.95, help="level of the intervals")
    parser.add_argument("--out", type=Path, required=True, help="table of A/A pairs")
    arguments = parser.parse_args(argv)

    def body() -> None:
        finals = read_datasets(arguments.finals, FINALS)
        twins = twins_by_dataset(finals, arguments.margin, arguments.level)
        write_table(arguments.out, aa_rates(twins), AA_RATES)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
