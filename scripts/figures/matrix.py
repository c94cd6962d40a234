"""What each feature of an engine costs or saves over the baseline: GPU time, and on the clock."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.style import MARKERS, PALETTE, figure, save
from scripts.lib.log import run_main
from scripts.lib.schemas.matrix import MATRIX_CELLS, MATRIX_NUMBERS
from scripts.lib.tables import read_table

EXAMPLE = (
    "python -m scripts.figures.matrix --numbers matrix_numbers.parquet"
    " --cells matrix_cells.parquet --out-png matrix.png --out-svg matrix.svg"
)
KINDS = ("feature", "pair")  # drawn, of cells whose numbers count
STATES = ("valid", "path_only")
GPU, PREFILL, CLOCK = "step_gpu", "pp_gpu", "tg"
WORDS = {
    GPU: "decode step, GPU time",
    PREFILL: "prefill, GPU time",
    CLOCK: "a decoded token, on the clock",
}


def shown(numbers: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Rows: cells in their order, by GPU time and by the longest decode on the clock.

    Columns: model, features, metric (of WORDS), ratio, floor.
    """
    mine = cells[cells["kind"].isin(KINDS) & cells["state"].isin(STATES)]
    metrics = numbers["metric"].unique()
    decodes = {name for name in metrics if re.fullmatch(r"tg\d+", name)}
    longest = max(decodes, key=lambda name: int(name[2:]), default="tg")
    kept = {
        name: PREFILL for name in numbers["metric"].unique() if re.fullmatch(r"pp\d+_gpu", name)
    }
    kept |= {GPU: GPU, longest: CLOCK}
    timed = numbers[numbers["metric"].isin(kept) & numbers["ratio"].notna()]
    keys = ["device", "cell"]
    found = mine[[*keys, "model", "features"]].merge(timed, on=keys, how="inner", sort=False)
    return found.assign(metric=found["metric"].map(kept))


def draw(numbers: pd.DataFrame, cells: pd.DataFrame) -> Figure:
    """A panel a model with features; a bar is what a boot of the baseline may differ by."""
    rows = shown(numbers, cells)
    models = list(dict.fromkeys(rows["model"])) or [""]
    heights = [max(rows[rows["model"] == one]["cell"].nunique(), 1) for one in models]
    drawn, axes = figure(
        len(models), 1, width=9.0, height=1.6 + 0.34 * sum(heights) + 0.6 * len(models),
        height_ratios=heights, sharex=True,
    )  # fmt: skip
    for axis, model in zip(axes, models, strict=True):
        _panel(axis, rows[rows["model"] == model])
        axis.set_title(model or "nothing is recorded", fontsize=9)
    if models[0]:
        axes[0].legend(loc="best")
    axes[-1].set_xlabel("time over the baseline's; bars: what boots of the baseline differ by")
    return drawn


def _panel(axis: Axes, rows: pd.DataFrame) -> None:
    names = list(dict.fromkeys(rows["features"]))
    for number, (metric, words) in enumerate(WORDS.items()):
        mine = rows[rows["metric"] == metric]
        places = [names.index(one) + 0.22 * (number - 1) for one in mine["features"]]
        ratio, floor = mine["ratio"].to_numpy(float), 1 + mine["floor"].fillna(0).to_numpy(float)
        axis.errorbar(
            ratio, places, xerr=(ratio - ratio / floor, ratio * floor - ratio), fmt=MARKERS[number],
            color=PALETTE[number], markersize=4, linewidth=1, label=words,
        )  # fmt: skip
    axis.set_xscale("log")
    ticks = (0.2, 0.5, 1, 2, 5, 10)
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    axis.axvline(1.0, color="black", linewidth=0.8)
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.set_ylim(max(len(names), 1) - 0.5, -0.5)  # from the top, each row with its room
    axis.grid(visible=False, axis="y")


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
