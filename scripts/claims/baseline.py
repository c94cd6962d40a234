"""The locked baseline: how long the committed configs take, cell by cell, as one CSV with its hash.

Every row is validated before it is written: the config is the one of the upstream file, it ran, and
its output was correct. Latencies are medians of the interleaved finals where the config was among
the finalists, else of its trial. The hash stands in the lock beside the CSV; an edited baseline is
refused by whatever reads it.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from scripts.claims.inputs import records
from scripts.lib import command_line
from scripts.lib.files import InputError, read_json, replacing, sha256, write_json
from scripts.lib.judging.medians import median_interval
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome
from scripts.lib.provenance import dataset_hashes
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.schemas.recorded import COVERAGE
from scripts.lib.spec import read_spec
from scripts.lib.tables import read_table

BASELINE = Path("data/baseline.csv")
COLUMNS = [
    "cell_id", "tokens", "config_id", "file", "blob_id", "us", "low_us", "high_us", "samples",
    "evidence", "marks", "dataset", "run_id",
]  # fmt: skip
EXAMPLE = """example:
  R=data/recorded/measured
  python -m scripts.claims.baseline --history data/recorded/history.parquet \\
      --coverage results/tables/statistics/coverage.parquet \\
      --datasets $R/nvidia_h200-bf16 $R/nvidia_h200-formats $R/nvidia_h200-corpus \\
      --out data/baseline.csv"""


def lock_of(path: Path) -> Path:
    """Where the hash of a baseline stands."""
    return path.with_suffix(".lock.json")


def make_baseline(
    coverage: pd.DataFrame, history: pd.DataFrame, datasets: Sequence[Path], logits_diff: float
) -> pd.DataFrame:
    """One row for each cell of the corpus that a dataset holds, from the first that does.

    InputError names a cell whose committed config is not the upstream file's or was not correct.
    """
    blobs = history.drop_duplicates("file").set_index("file")["blob_id"]
    corpus = coverage.drop_duplicates("cell_id").set_index("cell_id")
    taken: list[pd.DataFrame] = []
    seen: set[str] = set()
    for folder in datasets:
        rows = _of_dataset(folder, set(corpus.index) - seen, logits_diff)
        seen |= set(rows["cell_id"])
        taken.append(rows)
    table = pd.concat(taken, ignore_index=True)
    table["file"] = table["cell_id"].map(corpus["file"])
    table["blob_id"] = table["file"].map(blobs)
    _check_configs(table, history)
    order = ["file", "tokens"]
    return table.sort_values(order, ignore_index=True)[COLUMNS]


def _of_dataset(folder: Path, wanted: set[str], logits_diff: float) -> pd.DataFrame:
    cells = read_table(folder / "cells.parquet", CELLS)
    cells = cells[cells["cell_id"].isin(wanted) & cells["committed_id"].notna()]
    own = cells[["cell_id", "committed_id"]].rename(columns={"committed_id": "config_id"})
    trials = read_table(folder / "trials.parquet", TRIALS).merge(own, on=["cell_id", "config_id"])
    finals = read_table(folder / "finals.parquet", FINALS).merge(own, on=["cell_id", "config_id"])
    trial_of = trials.set_index("cell_id")
    rounds = {str(cell_id): rows for cell_id, rows in finals.groupby("cell_id")}
    rows = []
    for cell in records(cells):
        if cell.cell_id not in trial_of.index:
            raise InputError(f"{folder}/trials.parquet: {cell.cell_id}: committed_id was not tried")
        trial = trial_of.loc[cell.cell_id]
        if trial["outcome"] != Outcome.CORRECT or not trial["logits_diff"] <= logits_diff:
            raise InputError(
                f"{folder}/trials.parquet: {cell.cell_id}: the committed config is "
                f"{trial['outcome']}, logits_diff {trial['logits_diff']}: no baseline; leave the "
                "dataset out"
            )
        rows.append(
            {
                "cell_id": cell.cell_id, "tokens": cell.tokens, "config_id": cell.committed_id,
                **_latency(trial, rounds.get(str(cell.cell_id))),
                "marks": cell.marks, "dataset": folder.name, "run_id": cell.run_id,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=[name for name in COLUMNS if name not in ("file", "blob_id")])


def _latency(trial: pd.Series, finals: pd.DataFrame | None) -> dict[str, object]:
    if finals is not None:
        samples = finals.loc[finals["slot"] == finals["slot"].min(), "us"].to_numpy()
        us, low, high = median_interval(samples)
        values, count, evidence = (us, low, high), len(samples), "finals"
    else:
        values = (trial["median_us"], trial["low_us"], trial["high_us"])
        count, evidence = int(trial["samples"]), "trial"
    names = ("us", "low_us", "high_us")
    rounded = {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}
    return {**rounded, "samples": count, "evidence": evidence}


def _check_configs(table: pd.DataFrame, history: pd.DataFrame) -> None:
    entries = history.drop_duplicates(["file", "batch"], keep="last").set_index(["file", "batch"])
    expected = entries["config_id"].to_dict()
    for row in records(table):
        if expected.get((row.file, row.tokens)) != row.config_id:
            raise InputError(
                f"{row.dataset}: {row.cell_id}: committed_id {row.config_id} is not what "
                f"{row.file} says; measure the cell again"
            )


def write_baseline(path: Path, table: pd.DataFrame, inputs: Sequence[Path]) -> None:
    """Write the CSV, then the lock: its hash, and those of the files that it was made from."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    made_from = dataset_hashes(inputs)
    lock = {"rows": len(table), "sha256": sha256(path), "inputs": made_from}
    write_json(lock_of(path), lock)


def read_baseline(path: Path) -> pd.DataFrame:
    """The baseline; InputError if it is not there, not what was locked, or not of its columns."""
    again = "restore both from the repository, or make both: python -m scripts.claims.baseline"
    if not path.is_file():
        raise InputError(f"{path}: not found; {again}")
    lock = read_json(lock_of(path))
    if not isinstance(lock, dict) or lock.get("sha256") != sha256(path):
        raise InputError(f"{path}: is not what {lock_of(path)} holds: edited since; {again}")
    table = pd.read_csv(io.BytesIO(path.read_bytes()), keep_default_na=False)
    if list(table.columns) != COLUMNS:
        raise InputError(f"{path}: columns are {list(table.columns)}, expected {COLUMNS}; {again}")
    return table


def main(argv: list[str] | None = None) -> int:
    """Read the corpus and the recordings, validate, write CSV and lock."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--history", type=Path, required=True, help="mined history")
    parser.add_argument("--coverage", type=Path, required=True, help="cells of the corpus")
    parser.add_argument(
        "--datasets", type=Path, nargs="+", required=True,
        help="folders of recordings; of a cell in several the first counts",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, default=BASELINE, help="CSV; its lock goes beside it")
    arguments = parser.parse_args(argv)

    def body() -> None:
        table = make_baseline(
            read_table(arguments.coverage, COVERAGE),
            read_table(arguments.history, HISTORY),
            arguments.datasets,
            read_spec().logits_diff,
        )
        names = ("cells.parquet", "finals.parquet", "trials.parquet")
        recorded = [folder / name for folder in arguments.datasets for name in names]
        write_baseline(arguments.out, table, [arguments.history, *recorded])

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
