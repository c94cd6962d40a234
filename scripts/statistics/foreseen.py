"""How far down the predicted orders committed configs stand, by GPU, with intervals.

Rows of one file were tuned in one sitting: rows and files are resampled, the wider interval counts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.log import run_main
from scripts.lib.schemas.foreseen import (
    ALL,
    CHOSEN_PARTS,
    CHOSEN_PLACES,
    FORESEEN,
    FREE,
    TOPS,
    Order,
)
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import (
    ESTIMATE_NAMES,
    Plan,
    estimate_means,
    exponentiate,
    quantile_interval,
    round_estimates,
    widen_certain_rates,
)

RATES = [f"first_{top}" for top in TOPS]
_ROW = ["file", "tokens"]  # of a GPU and number formats
EXAMPLE = (
    "python -m scripts.statistics.foreseen --places chosen_places.parquet"
    " --parts chosen_parts.parquet --out foreseen.parquet"
)


def measures(places: pd.DataFrame) -> pd.DataFrame:
    """CHOSEN_PLACES with ahead, first_K (of whole orders) and log_ratio of each row.

    Of configs that an order does not tell apart, each is as likely to stand first.
    """
    among = places["tied"] + 1
    shares = {"ahead": (places["ahead"] + places["tied"] / 2) / (places["configs"] - 1)}
    for top in TOPS:
        first = ((top - places["ahead"]) / among).clip(0.0, 1.0)
        shares[f"first_{top}"] = first.where(places["whole"])
    return places.assign(**shares, log_ratio=np.log(places["ratio"]))


def groups(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """(GPU, number formats, rows); all formats together first, then those without censored rows."""
    for device, own in rows.groupby("device", sort=True):
        yield str(device), ALL, own
        if not own["censored"].all():
            yield str(device), FREE, own[~own["censored"]]
        for scheme, some in own.groupby("scheme", sort=True):
            yield str(device), str(scheme), some


def foreseen(places: pd.DataFrame, parts: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """FORESEEN, sorted."""
    found = [
        _of_orders(some, plan, f"foreseen {device} {scheme}").assign(device=device, scheme=scheme)
        for device, scheme, some in groups(measures(places))
    ]
    for device, own in parts[~parts["censored"].astype(bool)].groupby("device", sort=True):
        name = f"foreseen {device} parts"
        found.append(_of_parts(own, plan, name).assign(device=str(device), scheme=FREE))
    if not found:
        return pd.DataFrame(columns=FORESEEN.names)
    rows = round_estimates(pd.concat(found, ignore_index=True))[FORESEEN.names]
    return rows.sort_values(["device", "scheme", "order", "part", "metric"], ignore_index=True)


def _of_orders(rows: pd.DataFrame, plan: Plan, name: str) -> pd.DataFrame:
    keyed = rows.set_index([*_ROW, "scheme", "order"])[["ahead", *RATES, "log_ratio"]]
    every = pd.DataFrame(keyed.unstack()).dropna(axis=1, how="all")
    wide = pd.concat([every, _more(pd.DataFrame(every["ahead"]))], axis=1)
    files = wide.index.get_level_values("file")
    found = estimate_means(wide.to_numpy(dtype=float), files, plan, name)
    found = found.assign(
        metric=wide.columns.get_level_values(0), order=wide.columns.get_level_values(1), part=""
    )
    rate, ratio = found["metric"].isin(RATES), found["metric"] == "log_ratio"
    parts = [
        found[~rate & ~ratio],
        widen_certain_rates(found[rate], plan.level),
        exponentiate(found[ratio]).assign(metric="ratio"),
        pd.DataFrame(_medians(pd.DataFrame(every["ahead"]), plan, name)),
    ]
    return pd.concat([one for one in parts if len(one)])


def _more(ahead: pd.DataFrame) -> pd.DataFrame:
    """What each other order puts ahead beyond graphx-sim's, with columns (more, order)."""
    sim = next((one for one in (Order.SIM, Order.LAYER_OUT) if one in ahead), None)
    if sim is None:
        return pd.DataFrame(index=ahead.index)
    more = ahead.drop(columns=sim).sub(ahead[sim], axis=0).dropna(axis=1, how="all")
    return pd.concat({"more": more}, axis=1)


def _medians(ahead: pd.DataFrame, plan: Plan, name: str) -> Iterator[dict[str, object]]:
    for order in ahead:
        known = ahead[order].dropna()
        files = known.index.get_level_values("file")
        values = known.to_numpy(dtype=float)
        low, high = quantile_interval(values, files, 0.5, plan, f"{name} {order}")
        median = float(np.quantile(values, 0.5, method="higher"))
        about = dict.fromkeys(ESTIMATE_NAMES, np.nan) | {
            "mean": median, "low": low, "high": high, "n": len(values),
            "clusters": files.nunique(), "ci_by": "quantile",
        }  # fmt: skip
        yield about | {"metric": "ahead_median", "order": str(order), "part": ""}


def _of_parts(rows: pd.DataFrame, plan: Plan, name: str) -> pd.DataFrame:
    more = rows.assign(more=rows["replaced"] - rows["own"])
    wide = more.set_index([*_ROW, "scheme", "part"])["more"].unstack()
    files = wide.index.get_level_values("file")
    found = estimate_means(wide.to_numpy(dtype=float), files, plan, name)
    return found.assign(metric="more", order=str(Order.SIM), part=wide.columns)


def main(argv: list[str] | None = None) -> int:
    """Read the places, count, write."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--places", type=Path, required=True, help="CHOSEN_PLACES table")
    parser.add_argument("--parts", type=Path, required=True, help="CHOSEN_PARTS table")
    parser.add_argument("--out", type=Path, required=True, help="FORESEEN table to write")
    options.add_plan(parser)
    arguments = parser.parse_args(argv)

    def body() -> None:
        places = read_table(arguments.places, CHOSEN_PLACES)
        parts = read_table(arguments.parts, CHOSEN_PARTS)
        write_table(arguments.out, foreseen(places, parts, options.plan(arguments)), FORESEEN)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
