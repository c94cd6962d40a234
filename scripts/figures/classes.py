"""Wins, ties and losses against the committed config in each class of cells."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.bars import verdict_bars
from scripts.figures.style import VERDICT_COLOURS, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.breakdowns import BREAKDOWNS, By, What
from scripts.lib.tables import read_table

COLUMNS = {
    What.COPIED: "copied from another GPU",
    What.BEST: "best of the other configs tried",
}
KINDS = {
    By.SCHEME: "number formats",
    By.EXPERTS: "experts of a rank",
    By.INTERMEDIATE: "intermediate size of a rank",
    By.TOKENS: "tokens",
    By.AGE: "age of the committed config, days",
}
EXAMPLE = (
    "python -m scripts.figures.classes --breakdowns breakdowns.parquet"
    " --out-png classes.png --out-svg classes.svg"
)


def shares(breakdowns: pd.DataFrame) -> pd.DataFrame:
    """By GPU, what, by and class in order: per cent of win, tie and loss, and the win's ends."""
    keys = ["device", "what", "by", "order", "value", "judged"]
    wanted = breakdowns[breakdowns["metric"].isin(list(VERDICT_COLOURS))]
    wanted = wanted[wanted["by"].isin(list(KINDS)) & (wanted["judged"] > 0)]
    if wanted.empty:
        raise InputError("breakdowns: no class with a verdict; nothing to draw")
    means = wanted.pivot(index=keys, columns="metric", values="mean") * 100
    win = wanted[wanted["metric"] == "win"].set_index(keys)[["low", "high"]] * 100
    return means.join(win).reset_index()


def draw(rows: pd.DataFrame) -> Figure:
    """A row for each kind of class there is, a column for each GPU and what is judged of it."""
    kinds = [by for by in KINDS if (rows["by"] == by).any()]
    devices = sorted(rows["device"].unique())
    columns = [(device, what) for device in devices for what in COLUMNS]
    sizes = [rows.loc[rows["by"] == by, "value"].nunique() for by in kinds]
    height = 2.6 + 0.42 * sum(sizes) + 0.2 * len(kinds)
    drawn, axes = figure(
        len(kinds), len(columns), width=9.6 * len(devices), height=height, sharex=True,
        gridspec_kw={"height_ratios": sizes},
    )  # fmt: skip
    for index, axis in enumerate(axes):
        by, (device, what) = kinds[index // len(columns)], columns[index % len(columns)]
        mine = rows[(rows["device"] == device) & (rows["by"] == by) & (rows["what"] == what)]
        verdict_bars(axis, mine.sort_values("order"))
        axis.set_title(KINDS[by], fontsize=9)
    for axis, (device, what) in zip(axes, columns, strict=False):
        axis.set_title(
            f"{short_name(device)}: {COLUMNS[what]}\n{axis.get_title(loc='left')}", fontsize=9
        )
    for axis in axes[-len(columns) :]:
        axis.set_xlabel("per cent; line: 95% interval of the wins", fontsize=9)
    handles, labels = axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside upper right", ncols=len(labels))
    return drawn


def main(argv: list[str] | None = None) -> int:
    """Read the breakdowns, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--breakdowns", type=Path, required=True, help="verdicts by class")
    arguments = parser.parse_args(argv)

    def body() -> None:
        rows = shares(read_table(arguments.breakdowns, BREAKDOWNS))
        save(draw(rows), arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
