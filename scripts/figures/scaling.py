"""A measurement on up to a thousand GPUs: how long it takes, where time goes, what is made."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.style import GREY, PALETTE, figure, save
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.scaling import SCALING, Layout
from scripts.lib.tables import read_table

# Column -> words, in the order in which they are stacked.
SPENT = {
    "measuring": "measuring",
    "compiling": "compiling",
    "starting": "starting",
    "repeating": "after kills",
    "waiting": "waiting for the last",
}
EXAMPLE = (
    "python -m scripts.figures.scaling --scaling scaling.parquet --out-png s.png --out-svg s.svg"
)


def draw(scaling: pd.DataFrame) -> Figure:
    """Wall time of both layouts and trials to be merged; where the time of shared GPUs goes."""
    if scaling.empty:
        raise InputError("scaling: no row; nothing to draw")
    by_layout = {layout: scaling[scaling["layout"] == layout].sort_values("gpus")
                 for layout in Layout}  # fmt: skip
    drawn, (time, spent, read) = figure(3, 1, width=7.2, height=9.6, sharex=True)
    names = {Layout.SHARED: "the GPUs share one record", Layout.KINDS: "each GPU makes a record"}
    for place, (layout, rows) in enumerate(by_layout.items()):
        colour, marker = PALETTE[place], "os"[place]
        for axis, values in ((time, rows["seconds"] / 60), (read, rows["trials"])):
            axis.plot(rows["gpus"], values, color=colour, marker=marker, label=names[layout])
        read.plot(rows["gpus"], rows["largest"], color=colour, linestyle=":")
    _stack(spent, by_layout[Layout.SHARED])
    time.set_ylabel("minutes until all is measured")
    time.set_yscale("log")
    time.legend()
    read.set_ylabel("trials (dotted: in the largest ledger)")
    read.set_yscale("log")
    read.set_xlabel("GPUs")
    read.set_xscale("log")
    ticks = scaling["gpus"].drop_duplicates().sort_values()
    read.set_xticks(ticks, [f"{one:,}" for one in ticks])
    read.minorticks_off()
    return drawn


def _stack(axis: Axes, rows: pd.DataFrame) -> None:
    colours = [*PALETTE[: len(SPENT) - 1], "#DDDDDD"]
    shares = [rows[name] * 100 for name in SPENT]
    axis.stackplot(rows["gpus"], shares, labels=SPENT.values(), colors=colours, edgecolor=GREY,
                   linewidth=0.4)  # fmt: skip
    axis.set_ylim(0, 100)
    axis.set_ylabel("GPUs that share: their time, %")
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def main(argv: list[str] | None = None) -> int:
    """Read the simulation, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--scaling", type=Path, required=True, help="SCALING table")
    arguments = parser.parse_args(argv)

    def body() -> None:
        rows = read_table(arguments.scaling, SCALING)
        save(draw(rows), arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
