"""How often a layer that is tuned again gets the same config, or one that was named as a tie."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.log import run_main
from scripts.lib.schemas.restarts import LIVE, RECORDED, RESTARTS, SAME
from scripts.lib.schemas.tuning import CHOICES, HIDDEN
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import Plan, estimate_means, round_10, widen_certain_rates

MEASURES = ("same", "named", "either")
Choice = tuple[str, frozenset[str]]
Row = dict[str, object]
EXAMPLE = """
  python -m scripts.statistics.same_choice --restarts results/tables/tune/restarts.parquet \\
    --choices results/tables/statistics/tuning_choices.parquet \\
    --out results/tables/statistics/same_choice.parquet
"""


def alike(one: Choice, other: Choice) -> tuple[bool, bool, bool]:
    """As MEASURES: of two choices, each with what it names as tied."""
    same = one[0] == other[0]
    names = one[0] in other[1], other[0] in one[1]
    return same, same or all(names), same or any(names)


def shares(choices: Sequence[Choice]) -> list[float]:
    """Of all pairs, how many are alike; as MEASURES."""
    pairs = [alike(one, other) for one, other in combinations(choices, 2)]
    return [float(share) for share in np.mean(pairs, axis=0)]


def rows_of(layer: pd.DataFrame, about: Row, plan: Plan) -> Iterator[Row]:
    """SAME rows of one layer. ``layer``: cell_id, config_id, ties, a row for each restart."""
    cells, found, sizes = [], [], []
    for cell_id, rows in layer.groupby("cell_id", sort=True):
        named = [frozenset(text.split(",")) for text in rows["ties"]]
        cells.append(str(cell_id))
        sizes += [len(names) for names in named]
        found.append(shares(list(zip(rows["config_id"], named, strict=True))))
    values = np.array(found)
    name = f"same choice {about['shape']} {about['trials']}"
    means = widen_certain_rates(estimate_means(values, np.array(cells), plan, name), plan.level)
    ends = {
        ours: [round_10(float(one)) for one in means[theirs]]
        for ours, theirs in (("value", "mean"), ("low", "low"), ("high", "high"))
    }
    for place, measure in enumerate(MEASURES):
        yield about | {
            "measure": measure,
            **{name: column[place] for name, column in ends.items()},
            "restarts": len(layer) // len(cells),
            "n": len(cells),
            "names": round_10(float(np.mean(sizes))),
            "whole": int((values[:, place] == 1.0).sum()),
        }


def same_choice(restarts: pd.DataFrame, choices: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """SAME. ``restarts``: RESTARTS; ``choices``: CHOICES. A layer tuned once is left out.

    Live runs are those of the layer's last recording: an earlier one is of the command as it was.
    """
    out = []
    live = choices[choices["kind"] != HIDDEN]
    for trials, every in ((RECORDED, restarts), (LIVE, live)):
        keys = [parse_cell(cell_id) for cell_id in every["cell_id"]]
        keyed = every.assign(shape=[c.shape.id for c in keys], device=[c.device for c in keys])
        for (device, shape), runs in keyed.groupby(["device", "shape"], sort=True):
            layer = runs
            if "recording" in runs:
                layer = runs[runs["recording"] == runs["recording"].iloc[-1]]
            if layer["cell_id"].duplicated().any():
                about: Row = {"device": str(device), "shape": str(shape), "trials": trials}
                lost: Row = {"regret": None, "mean_regret": None}
                if "regret" in layer:
                    regret = layer["regret"]
                    lost = {"regret": float(regret.max()), "mean_regret": float(regret.mean())}
                out += [row | lost for row in rows_of(layer, about, plan)]
    return pd.DataFrame(out, columns=SAME.names)


def main(argv: list[str] | None = None) -> int:
    """Parse, read, compare, write."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--restarts", type=Path, required=True, help="RESTARTS table")
    parser.add_argument("--choices", type=Path, required=True, help="CHOICES table")
    parser.add_argument("--out", type=Path, required=True, help="SAME table to write")
    options.add_plan(parser)
    args = parser.parse_args(argv)

    def body() -> None:
        tables = read_table(args.restarts, RESTARTS), read_table(args.choices, CHOICES)
        write_table(args.out, same_choice(*tables, options.plan(args)), SAME)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
