"""What each feature of an engine costs or saves over the baseline: prefill and decode."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.style import GREY, PALETTE, figure, save
from scripts.lib.log import run_main
from scripts.lib.schemas.matrix import MATRIX_CELLS, MATRIX_NUMBERS
from scripts.lib.tables import read_table

EXAMPLE = (
    "python -m scripts.figures.matrix --numbers matrix_numbers.parquet"
    " --cells matrix_cells.parquet --out-png matrix.png --out-svg matrix.svg"
)
KINDS = ("feature", "pair")  # drawn, of cells whose numbers count
STATES = ("valid", "path_only")
METRICS = r"step_gpu|(pp|tg)\d+"


def shown(numbers: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Rows: cells in their order. Columns: model, cell, metric, ratio, floor."""
    mine = cells[cells["kind"].isin(KINDS) & cells["state"].isin(STATES)]
    timed = numbers[numbers["metric"].str.fullmatch(METRICS) & numbers["ratio"].notna()]
    keys = ["device", "cell"]
    return mine[[*keys, "model", "features"]].merge(timed, on=keys, how="inner", sort=False)


def draw(numbers: pd.DataFrame, cells: pd.DataFrame) -> Figure:
    """A panel a model with features; the grey band is what boots differ by in GPU time."""
    rows = shown(numbers, cells)
    models = list(dict.fromkeys(rows["model"])) or [""]
    heights = [max(rows[rows["model"] == one]["cell"].nunique(), 1) for one in models]
    drawn, axes = figure(
        len(models), 1, width=9.0, height=1.6 + 0.42 * sum(heights) + 0.6 * len(models),
        height_ratios=heights,
    )  # fmt: skip
    for axis, model in zip(axes, models, strict=True):
        _panel(axis, rows[rows["model"] == model])
        axis.set_title(model or "nothing is recorded", fontsize=9)
    axes[-1].set_xlabel(
        "time over the baseline's (grey: what boots differ by in GPU time, step_gpu)"
    )
    return drawn


def _panel(axis: Axes, rows: pd.DataFrame) -> None:
    names = list(dict.fromkeys(rows["features"]))
    metrics = sorted(rows["metric"].unique(), key=lambda name: (name != "step_gpu", name))
    for number, metric in enumerate(metrics):
        mine = rows[rows["metric"] == metric]
        places = [names.index(one) + 0.2 * (number - (len(metrics) - 1) / 2)
                  for one in mine["features"]]  # fmt: skip
        axis.barh(places, mine["ratio"] - 1, height=0.18, left=1.0, label=metric,
                  color=PALETTE[number])  # fmt: skip
    floor = rows.loc[rows["metric"] == "step_gpu", "floor"].max()
    if pd.notna(floor):
        axis.axvspan(1 - floor, 1 + floor, color=GREY, alpha=0.25, linewidth=0)
    axis.axvline(1.0, color="black", linewidth=0.8)
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    if metrics:
        axis.legend(loc="best")


def main(argv: list[str] | None = None) -> int:
    """Read numbers and cells, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--numbers", type=Path, required=True, help="MATRIX_NUMBERS table")
    parser.add_argument("--cells", type=Path, required=True, help="MATRIX_CELLS table")
    arguments = parser.parse_args(argv)

    def body() -> None:
        numbers = read_table(arguments.numbers, MATRIX_NUMBERS)
        cells = read_table(arguments.cells, MATRIX_CELLS)
        save(draw(numbers, cells), arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
