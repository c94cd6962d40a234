"""Layers that were tuned with one command: each choice, what it gained, its regret where known.

The regret is over the fastest recorded legal config, on cells that another recording holds whole;
the run that is judged learned nothing from them if it was told so (``unseen``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.drift import drift_corrected_us
from scripts.lib.files import InputError, read_json
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.live import TUNED, TUNED_COST
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.schemas.recorded import RECORDED
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import round_10
from scripts.statistics.dataset import read_datasets

KEYS = ["dataset", "cell_id"]
COLUMNS = ["cell_id", "config_id", "outcome", "median_us", "anchor_us"]
EXAMPLE = """
  python -m scripts.statistics.tuned --tuned data/recorded/tuned/*/tuned.json \\
    --trials data/recorded/measured/nvidia_h200-bf16/trials.parquet \\
    --recorded results/tables/statistics/recorded.parquet \\
    --out results/tables/statistics/tuned.parquet \\
    --out-cost results/tables/statistics/tuned_cost.parquet
"""


def regrets(trials: pd.DataFrame, recorded: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Latency over the fastest by (cell, config), of cells with every legal config.

    ``trials``: COLUMNS and the dataset; ``recorded``: RECORDED. Of a cell in several datasets, the
    first.
    """
    whole = recorded[recorded["complete"].fillna(False).astype(bool)][KEYS]
    whole = whole.drop_duplicates("cell_id")
    rows = trials.merge(whole, on=KEYS)
    rows = rows[rows["outcome"] == Outcome.CORRECT]
    us = drift_corrected_us(rows)
    found = us / us.groupby(rows["cell_id"]).transform("min")
    return dict(zip(zip(rows["cell_id"], rows["config_id"], strict=True), found, strict=True))


def batches(
    name: str, record: dict[str, Any], regret: dict[tuple[str, str], float]
) -> Iterator[dict[str, Any]]:
    """TUNED rows of one record."""
    for batch in record["batches"]:
        cell, chosen, own = batch["cell_id"], batch["config_id"], batch["found_id"]
        row = {
            "run": name,
            "regret": regret.get((cell, chosen)),
            "regret_found": regret.get((cell, own)),
            "ties": len(batch["ties"]),
        }
        for reference in ("committed", "default"):
            found = batch["gained"].get(reference, {})
            row |= {
                f"over_{reference}": found.get("median"),
                f"{reference}_word": found.get("word"),
            }
        yield {key: batch[key] for key in TUNED.names if key not in row} | row


def cost(name: str, record: dict[str, Any], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The TUNED_COST row of one record. ``rows``: its batches."""
    known = pd.DataFrame(rows)[["regret", "regret_found"]].astype(float)
    means = np.exp(np.log(known).mean())
    fields = ("model", "tensor_parallel", "shape", "device", "unseen", "budget", "trials")
    return {
        "run": name,
        **{field: record[field] for field in fields},
        "sources": len(record["sources"]),
        "batches": len(rows),
        "seconds": record["seconds"]["total"],
        "learn_seconds": record["seconds"]["learn"],
        "measure_seconds": record["seconds"]["measure"],
        "trial_seconds": record["trial_seconds"],
        "recorded": int(known["regret"].notna().sum()),
        **{field: None if np.isnan(mean) else round_10(mean) for field, mean in means.items()},
    }


def tables(
    tuned: Sequence[Path], regret: dict[tuple[str, str], float]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """TUNED and TUNED_COST; InputError names a field that a record lacks."""
    every, costs = [], []
    for path in tuned:
        record = read_json(path)
        try:
            rows = list(batches(path.parent.name, record, regret))
            costs.append(cost(path.parent.name, record, rows))
        except (AttributeError, KeyError, TypeError) as error:
            raise InputError(f"{path}: lacks {error}; tune the layer again") from None
        every += rows
    return pd.DataFrame(every, columns=TUNED.names), pd.DataFrame(costs, columns=TUNED_COST.names)


def main(argv: list[str] | None = None) -> int:
    """Parse, read, judge, write."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--tuned", type=Path, nargs="+", required=True, help="records of tuning")
    parser.add_argument("--trials", type=Path, nargs="+", required=True, help="TRIALS tables")
    parser.add_argument("--recorded", type=Path, required=True, help="RECORDED table")
    parser.add_argument("--out", type=Path, required=True, help="TUNED table to write")
    parser.add_argument("--out-cost", type=Path, required=True, help="TUNED_COST to write")
    args = parser.parse_args(argv)

    def body() -> None:
        trials = read_datasets(args.trials, TRIALS, COLUMNS)
        found, costs = tables(args.tuned, regrets(trials, read_table(args.recorded, RECORDED)))
        write_table(args.out, found, TUNED)
        write_table(args.out_cost, costs, TUNED_COST)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
