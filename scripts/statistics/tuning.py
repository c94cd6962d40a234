"""The command that tunes a layer, run again and again on a GPU: its seconds, and its choices."""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib import command_line
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.tuning import CHOICES, HIDDEN, KNOWN, MEASURING, OPERATOR, STEPS, TUNING
from scripts.lib.tables import write_table

Body = dict[str, Any]
EXAMPLE = """
  python -m scripts.statistics.tuning --runs data/recorded/tuning/*.jsonl.xz \\
    --out results/tables/statistics/tuning.parquet \\
    --out-choices results/tables/statistics/tuning_choices.parquet
"""


def read_runs(path: Path) -> list[Body]:
    """The runs of a recording that came to an end; InputError for a line that is none."""
    try:
        lines = lzma.decompress(path.read_bytes()).decode().splitlines()
        runs = [json.loads(line) for line in lines]
    except (OSError, ValueError, lzma.LZMAError) as error:
        raise InputError(f"{path}: {error}; restore it") from error
    return [run for run in runs if run.get("tuned")]


def kind_of(run: Body) -> str:
    """As of TUNING."""
    if run["judged"]:
        return OPERATOR
    return HIDDEN if run["tuned"]["cold"] else KNOWN


def row_of(recording: str, run: Body) -> Body:
    """TUNING row."""
    tuned, judged = run["tuned"], run["judged"]
    batches = judged["batches"] if judged else []
    return {
        "recording": recording,
        "run": run["name"],
        "commit": run["run"]["commit"],
        "device": tuned["device"],
        "shape": tuned["shape"],
        "kind": kind_of(run),
        "trials": tuned["trials"],
        "batches": len(tuned["batches"]),
        "seconds": tuned["seconds"]["total"],
        "wall": run["wall"],
        "load": run["load"],
        **{f"s_{step.replace(' ', '_')}": tuned["seconds"][step] for step in STEPS},
        **{f"m_{part}": tuned["seconds_of_measure"][part] for part in MEASURING},
        **{f"over_{name}": _mean(tuned, name) for name in ("committed", "default")},
        "worst_over_standing": _worst(batches, "over_standing"),
        "worst_as_tuned": _worst(batches, "tuned_over_standing"),
    }


def _mean(tuned: Body, name: str) -> float | None:
    """Geometric mean of what was found over a reference, of the batch sizes that timed it."""
    ratios = [b["gained"][name]["median"] for b in tuned["batches"] if _timed(b, name)]
    return round(float(np.exp(np.mean(np.log(ratios)))), 6) if ratios else None


def _timed(batch: Body, name: str) -> bool:
    return "median" in batch["gained"].get(name, {})


def _worst(batches: Sequence[Body], name: str) -> float | None:
    return max((b[name] for b in batches if b[name] is not None), default=None)


def choices_of(recording: str, run: Body) -> Iterator[Body]:
    """CHOICES rows."""
    judged = {row["cell_id"]: row for row in (run["judged"] or {"batches": []})["batches"]}
    for batch in run["tuned"]["batches"]:
        row = judged.get(batch["cell_id"], {})
        yield {
            "recording": recording,
            "run": run["name"],
            "kind": kind_of(run),
            "cell_id": batch["cell_id"],
            "config_id": batch["config_id"],
            "ties": ",".join(sorted({*batch["ties"], *batch["untold"]})),
            "over_committed": batch["gained"].get("committed", {}).get("median"),
            "exported_id": row.get("config_id"),
            "over_standing": row.get("over_standing"),
            "as_tuned": row.get("tuned_over_standing"),
        }


def tables(paths: Sequence[Path]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """TUNING and CHOICES; InputError names a field that a run lacks."""
    rows, choices = list[Body](), list[Body]()
    for path in paths:
        name = path.name.split(".")[0]
        try:
            for run in read_runs(path):
                rows.append(row_of(name, run))
                choices += choices_of(name, run)
        except (KeyError, TypeError) as error:
            raise InputError(f"{path}: a run lacks {error}; record it again") from None
    return pd.DataFrame(rows, columns=TUNING.names), pd.DataFrame(choices, columns=CHOICES.names)


def main(argv: list[str] | None = None) -> int:
    """Parse, read, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--runs", type=Path, nargs="*", required=True, help="recorded runs")
    parser.add_argument("--out", type=Path, required=True, help="TUNING table to write")
    parser.add_argument("--out-choices", type=Path, required=True, help="CHOICES to write")
    args = parser.parse_args(argv)

    def body() -> None:
        rows, choices = tables(args.runs)
        write_table(args.out, rows, TUNING)
        write_table(args.out_choices, choices, CHOICES)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
