"""Which verdicts of a recording stand in a second one of the same cells.

The second recording may come from another machine of the kind, another driver, another Triton.
Per cell: how far the configs' latencies and their order moved, how far the tie-sets overlap, and
whether the first recording's verdict on its best other config (scripts.statistics.gains) is said
again of the same two configs: the first speaks by the rounds that did not choose between its
configs, the second, which chose nothing, by all of its own. Beside it the premises of both, and
what it would have cost to measure the first one's tie-sets only;
`python -m scripts.statistics.tie_plan` plans just that.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.judging.decision import decide
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome, Stop
from scripts.lib.schemas.revalidation import (
    CHANGES,
    PREMISES,
    REVALIDATION,
    REVALIDATION_RATES,
    Standing,
)
from scripts.lib.shape import device_of
from scripts.lib.tables import write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import (
    Plan,
    estimate_means,
    round_10,
    round_estimates,
    widen_certain_rates,
)
from scripts.statistics.gains import judgements
from scripts.statistics.rank import rank_correlation
from scripts.statistics.recording import Recorded, premises, read_recorded
from scripts.statistics.ties import cost_of, plan_ties, tie_sets
from scripts.statistics.verdicts import against_committed

KEYS = ["cell_id", "config_id"]
NUMBERS = ["ratio", "low", "high"]
TAILS = (0.025, 0.975)
EXAMPLE = (
    "python -m scripts.statistics.revalidate --first data/recorded/measured/nvidia_h200-corpus"
    " --second data/recorded/measured/nvidia_h200-corpus-repeat --margin 0.01"
    " --out revalidation.parquet --out-rates rates.parquet --out-premises premises.parquet"
)


def changes(first: Recorded, second: Recorded) -> pd.DataFrame:
    """Every config that both found correct; schema CHANGES. InputError if they share none."""
    both = first.trials.merge(second.trials, on=KEYS, suffixes=("_1", "_2"))
    both = both[(both[["outcome_1", "outcome_2"]] == Outcome.CORRECT).all(axis=1)]
    if both.empty:
        raise InputError(
            f"{second.name}: shares no correct trial with {first.name}; name two recordings of the"
            " same cells"
        )
    out = both[KEYS].assign(
        dataset=second.name,
        first_us=both["median_us_1"],
        second_us=both["median_us_2"],
        change=(both["median_us_2"] / both["median_us_1"]).map(round_10),
        cut=(both[["stopped_by_1", "stopped_by_2"]] == Stop.SLOW).any(axis=1),
    )
    return out.sort_values(KEYS, ignore_index=True)[CHANGES.names]


def revalidate(first: Recorded, second: Recorded, margin: float, level: float) -> pd.DataFrame:
    """One row per cell that both hold with finals; schema REVALIDATION."""
    shared = set(first.pairwise["cell_id"]) & set(second.pairwise["cell_id"])
    found = changes(first, second)
    first, second = first.of_cells(shared), second.of_cells(shared)
    out = pd.DataFrame(index=pd.Index(sorted(shared), name="cell_id"))
    out = out.join(_moved(found)).join(_overlap(first, second))
    plan = plan_ties(first.pairwise, first.cells)
    out = out.join(cost_of(plan, second.trials)).reset_index()
    out = out.merge(_verdicts(first, second, margin, level), on="cell_id", how="left")
    floats = out.select_dtypes("float").columns
    out[floats] = out[floats].map(round_10)
    return out.assign(dataset=second.name, first=first.name)[REVALIDATION.names]


def _moved(found: pd.DataFrame) -> pd.DataFrame:
    """By cell: the spread of the configs' changes, the one that moved most, the order kept.

    A trial that was cut early has an imprecise latency: it says something of the order, not of
    the change.
    """
    rows = {}
    for cell_id, part in found.groupby("cell_id", sort=True):
        whole = part[~part["cut"]]
        whole = part if whole.empty else whole
        middle = float(whole["change"].median())
        low, high = whole["change"].quantile(TAILS)
        farthest = (np.log(whole["change"] / middle)).abs().idxmax()
        rows[cell_id] = {
            "configs": len(part),
            "change": middle,
            "change_low": float(low),
            "change_high": float(high),
            "moved_id": whole.loc[farthest, "config_id"],
            "moved": float(whole.loc[farthest, "change"]) / middle,
            "spearman": _order(part),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _order(part: pd.DataFrame) -> float:
    if len(part) < 2:
        return float("nan")
    return rank_correlation(part["first_us"], part["second_us"])


def _overlap(first: Recorded, second: Recorded) -> pd.DataFrame:
    """By cell: the sizes of both tie-sets and of what they share, and the second's best."""
    one, two = tie_sets(first.pairwise), tie_sets(second.pairwise)
    sizes = {
        "ties": one.groupby("cell_id").size(),
        "ties_again": two.groupby("cell_id").size(),
        "ties_both": one.merge(two, on=KEYS).groupby("cell_id").size(),
    }
    out = pd.DataFrame(sizes).fillna(0).astype(int)
    best = second.pairwise[second.pairwise["best"]].set_index("cell_id")["config_id"]
    inside = pd.MultiIndex.from_arrays([best.index, best]).isin(pd.MultiIndex.from_frame(one))
    return out.assign(best_id=best, best_in_ties=pd.Series(inside, index=best.index))


def _verdicts(first: Recorded, second: Recorded, margin: float, level: float) -> pd.DataFrame:
    """Of each cell: the first run's verdict, and the second's on the same two configs."""
    finals, cells = (frame.assign(dataset=first.name) for frame in (first.finals, first.cells))
    said = judgements(finals, cells, margin, level).drop(columns="dataset")
    out = first.cells[["cell_id", "committed_id"]].merge(said, on="cell_id", how="left")
    choices = out[["cell_id", "chosen_id"]].dropna().rename(columns={"chosen_id": "choice"})
    again = against_committed(choices, second.trials, second.cells, second.pairwise)
    again["verdict"] = decide(again["low"], again["high"], margin)
    again.loc[again["ratio"].isna(), "verdict"] = None
    names = {name: f"again_{name}" for name in (*NUMBERS, "evidence", "verdict")}
    again = again.rename(columns=names | {"choice": "chosen_id"})
    out = out.merge(again, on=["cell_id", "chosen_id"], how="left")
    out["again_evidence"] = out["again_evidence"].fillna("none")
    return out.assign(standing=_standing(out))


def _standing(rows: pd.DataFrame) -> pd.Series:
    """What became of each verdict; None where the first recording had none."""
    same = rows["verdict"] == rows["again_verdict"]
    apart = (rows["low"] > rows["again_high"]) | (rows["high"] < rows["again_low"])
    words = np.select([same, apart], [Standing.STANDS, Standing.FLIPS], Standing.UNDECIDED)
    out = pd.Series([str(word) for word in words], index=rows.index, dtype=object)
    return out.where(rows["verdict"].notna(), None)


def rates(cells: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """How often verdicts stood, flipped or are open; schema REVALIDATION_RATES.

    ``cells``: REVALIDATION of any number of recordings; whole layers are resampled as files.
    """
    cells = cells.assign(device=cells["cell_id"].map(device_of))
    parts = []
    for key, rows in cells.groupby(["device", "first", "dataset"], sort=True):
        device, first, dataset = map(str, key)
        marks = [(rows["standing"] == word).where(rows["standing"].notna()) for word in Standing]
        values = np.column_stack([mark.astype(float) for mark in (*marks, rows["best_in_ties"])])
        layers = rows["cell_id"].str.rpartition("/")[0]
        found = widen_certain_rates(
            estimate_means(values, layers, plan, f"{dataset} standing"), plan.level
        )
        metrics = [*map(str, Standing), "best_in_ties"]
        about = {"device": device, "first": first, "dataset": dataset}
        parts.append(round_estimates(found).assign(**about, metric=metrics))
    return pd.concat(parts, ignore_index=True)[REVALIDATION_RATES.names]


def main(argv: list[str] | None = None) -> int:
    """Read the recordings two by two, compare, write."""
    parser = options.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--first", type=Path, nargs="+", required=True, help="folders of the first recordings")
    add("--second", type=Path, nargs="+", required=True, help="of the second ones, in order")
    add("--margin", type=float, default=0.01, help="margin of a win, a loss and a tie")
    options.add_plan(parser)
    add("--out", type=Path, required=True, help="table of cells")
    add("--out-rates", type=Path, help="table of rates")
    add("--out-premises", type=Path, help="table of premises")
    add("--out-changes", type=Path, help="table of every config's change")
    arguments = parser.parse_args(argv)

    def body() -> None:
        if len(arguments.first) != len(arguments.second):
            raise InputError(
                f"--first names {len(arguments.first)} recordings, --second"
                f" {len(arguments.second)}; name both of each pair, in the same order"
            )
        cells, stood_on, moved = [], [], []
        for folders in zip(arguments.first, arguments.second, strict=True):
            one, two = (read_recorded(path, arguments.margin, arguments.level) for path in folders)
            cells.append(revalidate(one, two, arguments.margin, arguments.level))
            stood_on.append(premises(one, two))
            moved.append(changes(one, two))
        table = pd.concat(cells, ignore_index=True)
        write_table(arguments.out, table, REVALIDATION)
        if arguments.out_rates:
            write_table(
                arguments.out_rates, rates(table, options.plan(arguments)), REVALIDATION_RATES
            )
        if arguments.out_premises:
            write_table(arguments.out_premises, pd.concat(stood_on, ignore_index=True), PREMISES)
        if arguments.out_changes:
            write_table(arguments.out_changes, pd.concat(moved, ignore_index=True), CHANGES)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
