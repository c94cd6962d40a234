"""What a second runtime's files add: counts, reasons, arrivals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.corpus.runtimes import KEY, newest, pairs
from scripts.lib.schemas.history import Status
from scripts.lib.schemas.runtimes import (
    ACROSS,
    ARRIVAL_RATES,
    ARRIVALS,
    LAYER_KEY,
    REJECTED,
    RUNTIMES,
    Arrived,
    Corpus,
)

_DAY_SECONDS = 86_400
_LAYER = list(LAYER_KEY)


def make_across(rows: pd.DataFrame) -> pd.DataFrame:
    """ACROSS, from the configs of both runtimes."""
    found = pairs(newest(rows), [*_LAYER, "batch"])
    alone = (found[["runtime_source", "runtime_target"]] == Corpus.VLLM).all(axis=1)
    found = found[~alone]
    table = found[[*_LAYER, "batch"]].assign(
        gap_days_last=_days(found["last_target"] - found["last_source"]),
        gap_days_first=_days(found["first_target"] - found["first_source"]),
        identical=found["config_id_source"] == found["config_id_target"],
    )
    for side in ("source", "target"):
        table[side] = found[f"device_{side}"]
        for column in ("runtime", "config_id", "file", "reachable"):
            table[f"{side}_{column}"] = found[f"{column}_{side}"]
    order = ["source_runtime", "target_runtime", "source", "target", *_LAYER, "batch"]
    return table.sort_values(order, ignore_index=True)[ACROSS.names]


def make_arrivals(rows: pd.DataFrame) -> pd.DataFrame:
    """ARRIVALS, from the configs of both runtimes."""
    first = rows.groupby(["runtime", *KEY])["first"].min()
    dates = pd.concat(
        {f"{name}_first": _of(first, name) for name in (Corpus.VLLM, Corpus.SGLANG)},
        axis=1,
        join="inner",
    )
    table = dates.reset_index()
    table["gap_days"] = _days(table["sglang_first"] - table["vllm_first"])
    start = rows.loc[rows["runtime"] == Corpus.SGLANG, "first"].min()
    table["with_folder"] = table["sglang_first"] == start
    table = table.merge(_agreement(rows), on=KEY, how="left")
    table[["batches", "identical"]] = table[["batches", "identical"]].fillna(0).astype(int)
    return table.sort_values(KEY, ignore_index=True)[ARRIVALS.names]


def arrival_rates(arrivals: pd.DataFrame) -> pd.DataFrame:
    """ARRIVAL_RATES, from ARRIVALS."""
    chosen = {Arrived.ALL: arrivals, Arrived.AFTER_FIRST: arrivals[~arrivals["with_folder"]]}
    return pd.DataFrame([_rates(name, rows) for name, rows in chosen.items()])[ARRIVAL_RATES.names]


def _rates(name: Arrived, rows: pd.DataFrame) -> dict[str, Any]:
    gaps = rows["gap_days"]
    return {
        "arrived": name,
        "n": len(rows),
        "q1": gaps.quantile(0.25),
        "median": gaps.median(),
        "q3": gaps.quantile(0.75),
        "sglang_earlier": int((gaps < 0).sum()),
        "batches": int(rows["batches"].sum()),
        "identical": int(rows["identical"].sum()),
    }


def make_runtimes(rows: pd.DataFrame, vllm: pd.DataFrame, sglang: pd.DataFrame) -> pd.DataFrame:
    """RUNTIMES, from the configs of both runtimes and their histories."""
    known = set(_keys(rows[rows["runtime"] == Corpus.VLLM]))
    histories = {Corpus.VLLM: [vllm], Corpus.SGLANG: [sglang], Corpus.BOTH: [vllm, sglang]}
    found: list[dict[str, Any]] = []
    for name, tables in histories.items():
        own = rows if name == Corpus.BOTH else rows[rows["runtime"] == name]
        found.append({"corpus": name} | _entries(tables) | _reach(own, known))
    return pd.DataFrame(found)[RUNTIMES.names]


def _entries(tables: list[pd.DataFrame]) -> dict[str, int]:
    configs = sum(int((table["status"] == Status.CONFIG).sum()) for table in tables)
    entries = sum(len(table) for table in tables)
    return {
        "files": sum(table["file"].nunique() for table in tables),
        "entries": entries,
        "configs": configs,
        "rejected": entries - configs,
    }


def _reach(rows: pd.DataFrame, known: set[tuple[Any, ...]]) -> dict[str, int]:
    keys = pd.DataFrame(_keys(rows), columns=KEY)
    layers = pairs(keys, _LAYER)
    return {
        "devices": rows["device"].nunique(),
        "keys": len(keys),
        "new_keys": len(set(_keys(rows)) - known),
        "pairs": len(layers[["device_source", "device_target"]].drop_duplicates()),
        "pair_layers": len(layers),
        "triples": len(pairs(newest(rows), [*_LAYER, "batch"])),
    }


def make_rejected(vllm: pd.DataFrame, sglang: pd.DataFrame) -> pd.DataFrame:
    """REJECTED, from both histories."""
    found = []
    for name, table in ((Corpus.VLLM, vllm), (Corpus.SGLANG, sglang)):
        groups = table[table["status"] == Status.REJECTED].groupby("reason")["file"]
        counted = groups.agg(rows="size", files="nunique").reset_index()
        found.append(counted.assign(runtime=str(name)))
    return pd.concat(found, ignore_index=True)[REJECTED.names]


def _agreement(rows: pd.DataFrame) -> pd.DataFrame:
    """Batch sizes for which both runtimes have a config of a key, and those with the same."""
    chosen = newest(rows)
    parts = [chosen[chosen["runtime"] == name] for name in (Corpus.VLLM, Corpus.SGLANG)]
    both = parts[0].merge(parts[1], on=[*KEY, "batch"])
    both["identical"] = both["config_id_x"] == both["config_id_y"]
    return both.groupby(KEY, as_index=False).agg(
        batches=("identical", "size"), identical=("identical", "sum")
    )


def _keys(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(rows[KEY].drop_duplicates().itertuples(index=False, name=None))


def _of(first: pd.Series, runtime: Corpus) -> pd.Series:
    return first[first.index.get_level_values("runtime") == runtime].droplevel("runtime")


def _days(gap: pd.Series) -> pd.Series:
    days: pd.Series = gap.dt.total_seconds() / _DAY_SECONDS
    return days
