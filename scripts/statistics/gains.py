"""What the best of the other configs tried gains over the committed one, cell by cell.

The configs of a dataset may be a whole space or a short list of candidates: the best is the best of
those that were tried, whichever they were. It is picked by one half of the interleaved rounds and
judged by the other, so that picking the luckiest of twenty finalists earns nothing. Rates are given
as the rounds say and by intervals that allow for what identical pairs differ by.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.judging.decision import LOSS, TIE, WIN, decide
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.gains import GAIN_RATES, GAINS, Unjudged
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.measured import CELLS, FINALS
from scripts.lib.schemas.recorded import RECORDED
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import (
    Plan,
    estimate_means,
    exponentiate,
    round_estimates,
    widen_certain_rates,
)
from scripts.statistics.dataset import read_datasets
from scripts.statistics.headline_metrics import WIDENED, widened
from scripts.statistics.held import errors
from scripts.statistics.rounds import Rounds, read_rounds

ALL = "all"
VERDICTS = (WIN, TIE, LOSS)
KEYS = ["dataset", "cell_id"]
JUDGED = ["chosen_id", "ratio", "low", "high", "verdict"]
ABOUT = ["dataset", "cell_id", "device", "shape_id", "scheme", "tokens", "complete", "marks"]
EXAMPLE = (
    "python -m scripts.statistics.gains --finals a/finals.parquet b/finals.parquet"
    " --cells a/cells.parquet b/cells.parquet --recorded recorded.parquet"
    " --aa aa_rates.parquet --margin 0.01"
    " --out gains.parquet --out-rates gain_rates.parquet"
)


def gains(
    recorded: pd.DataFrame, cells: pd.DataFrame, finals: pd.DataFrame, margin: float, level: float
) -> pd.DataFrame:
    """One row per row of ``recorded``; schema GAINS.

    ``cells``, ``finals``: CELLS and FINALS with ``dataset``. InputError if finals are of a cell
    that was never finished.
    """
    out = recorded[ABOUT].assign(
        tried=recorded["trials"] - recorded[Outcome.NOT_MEASURED], ran=recorded["committed"]
    )
    own = cells[[*KEYS, "committed_id"]].assign(finished=True)
    out = out.merge(own, on=KEYS, how="left", validate="one_to_one")
    out = out.merge(judgements(finals, cells, margin, level), on=KEYS, how="left")
    return out.assign(reason=pd.Series(_reasons(out), dtype=object))[GAINS.names]


def judgements(
    finals: pd.DataFrame, cells: pd.DataFrame, margin: float, level: float
) -> pd.DataFrame:
    """A row for each cell that can be judged: KEYS and JUDGED."""
    committed = cells.set_index(KEYS)["committed_id"].to_dict()
    rows: list[dict[str, object]] = []
    for dataset, samples in finals.groupby("dataset", sort=True):
        for rounds in read_rounds(samples, level):
            key = (str(dataset), rounds.cell_id)
            if key not in committed:
                raise InputError(f"finals: cell {key[1]} is not in the table of cells; measure it")
            if judged := _judge(rounds, committed[key], margin):
                rows.append({**dict(zip(KEYS, key, strict=True)), **judged})
    return pd.DataFrame(rows, columns=[*KEYS, *JUDGED]).astype({"dataset": str, "cell_id": str})


def _judge(rounds: Rounds, committed_id: str | None, margin: float) -> dict[str, object]:
    """The best other finalist by one half of the rounds against the committed one by the other.

    Empty where nothing can be said: no other finalist, or no round that holds both.
    """
    committed = rounds.first_slot(committed_id)
    others = [slot for slot, name in sorted(rounds.configs.items()) if name != committed_id]
    if committed is None or not others:
        return {}
    # Whole A B B A pairs of rounds go to one half, so that drift stays balanced in both.
    picks = rounds.numbers // 2 % 2 == 0
    seen, unseen = rounds.only(picks), rounds.only(~picks)
    scores = seen.ratios(committed)[[rounds.slots.index(slot) for slot in others], 0]
    if np.isnan(scores).all():
        return {}
    best = others[int(np.nanargmin(scores))]
    ratio, low, high = unseen.ratio(best, committed)
    if np.isnan(low):
        return {}
    return {
        "chosen_id": rounds.configs[best],
        "ratio": ratio,
        "low": low,
        "high": high,
        "verdict": str(decide(low, high, margin).item()),
    }


def _reasons(out: pd.DataFrame) -> list[str | None]:
    """Why a cell is not judged; None where it is."""
    cases = {
        Unjudged.NOT_MEASURED: (out["tried"] == 0) | out["finished"].isna(),
        Unjudged.NO_COMMITTED: out["committed_id"].isna(),
        Unjudged.COMMITTED_FAILED: ~out["ran"],
    }
    words = np.select(
        [case.to_numpy(dtype=bool) for case in cases.values()], [*cases], Unjudged.NO_PAIRS
    )
    return [
        None if judged else str(word)
        for judged, word in zip(out["verdict"].notna(), words, strict=True)
    ]


def gain_rates(
    table: pd.DataFrame, errors_of: pd.DataFrame, margin: float, plan: Plan
) -> pd.DataFrame:
    """Rates of verdicts and the mean ratio over judged cells, by number formats and over all.

    ``table``: GAINS; ``errors_of``: AA_RATES. Per GPU and dataset; schema GAIN_RATES.
    """
    table = table.assign(error=errors(table.assign(same=False), errors_of))
    parts = []
    for (device, dataset), rows in table.groupby(["device", "dataset"], sort=True):
        for scheme, group in [(ALL, rows), *rows.groupby("scheme", sort=True)]:
            about = {"device": device, "dataset": dataset, "scheme": scheme}
            judged = group.dropna(subset="verdict")
            if len(judged):
                name = " ".join(about.values())
                parts.append(_rates(judged, margin, plan, name).assign(**about))
    if not parts:
        return pd.DataFrame(columns=GAIN_RATES.names)
    return pd.concat(parts, ignore_index=True)[GAIN_RATES.names]


def _rates(judged: pd.DataFrame, margin: float, plan: Plan, name: str) -> pd.DataFrame:
    words = [judged["verdict"] == word for word in VERDICTS]
    marks = np.column_stack([*words, *widened(judged, margin).values()]).astype(float)
    logs = np.log(judged[["ratio"]].to_numpy(dtype=float))
    shapes = judged["shape_id"]
    rates = widen_certain_rates(estimate_means(marks, shapes, plan, f"{name} gains"), plan.level)
    ratio = exponentiate(estimate_means(logs, shapes, plan, f"{name} gain"))
    both = pd.concat([rates, ratio], ignore_index=True)
    return round_estimates(both).assign(metric=[*VERDICTS, *WIDENED, "ratio"])


def main(argv: list[str] | None = None) -> int:
    """Read finals and cells of every dataset, judge, write both tables."""
    parser = options.parser(__doc__, EXAMPLE)
    for name in ("finals", "cells"):
        text = f"{name} of each dataset; the folder names it"
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--recorded", type=Path, required=True, help="table of recorded cells")
    parser.add_argument("--aa", type=Path, required=True, help="AA_RATES table")
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    parser.add_argument("--out", type=Path, required=True, help="table of cells")
    parser.add_argument("--out-rates", type=Path, required=True, help="table of rates")
    options.add_plan(parser)
    arguments = parser.parse_args(argv)

    def body() -> None:
        plan = options.plan(arguments)
        table = gains(
            read_table(arguments.recorded, RECORDED),
            read_datasets(arguments.cells, CELLS, ["cell_id", "committed_id"]),
            read_datasets(arguments.finals, FINALS),
            arguments.margin,
            plan.level,
        )
        write_table(arguments.out, table, GAINS)
        error = read_table(arguments.aa, AA_RATES)
        found = gain_rates(table, error, arguments.margin, plan)
        write_table(arguments.out_rates, found, GAIN_RATES)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
