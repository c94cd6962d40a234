"""What tuning one config file costs, by this harness and by the published method, side by side."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from scripts.figures import options
from scripts.figures.style import PALETTE, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.cost import COST, CostOf, Part
from scripts.lib.tables import read_table

BARS = {
    CostOf.GRAPHX: "graphx: ranked, compiled once, raced",
    CostOf.UPSTREAM: "published method, compiling once a file",
    CostOf.UPSTREAM_COLD: "published method, compiling at each batch size",
}
EXAMPLE = "python -m scripts.figures.cost --cost cost.parquet --out-png cost.png --out-svg cost.svg"


def totals(cost: pd.DataFrame) -> pd.DataFrame:
    """Seconds of each file and way to tune it, in the order of ``BARS``, with their intervals."""
    rows = cost[(cost["part"] == Part.TOTAL) & cost["what"].isin(list(BARS))]
    if rows.empty:
        raise InputError("cost: no tuned file; nothing to draw")
    place = rows["what"].map({what: index for index, what in enumerate(BARS)})
    return rows.assign(place=place).sort_values(["device", "shape_id", "place"], ignore_index=True)


def draw(rows: pd.DataFrame) -> Figure:
    """A dot for each file and way: a logarithmic axis has no zero for a bar to begin at."""
    drawn, (axis,) = figure(width=9.0, height=2.2 + 0.6 * len(rows))
    for number, row in enumerate(rows.to_dict("records")):
        colour = PALETTE[row["place"]]
        axis.plot(row["value"], number, "o", color=colour, markersize=8)
        text, side = f"{row['value']:,.0f} s", "left"
        if pd.notna(row["low"]):
            axis.hlines(number, row["low"], row["high"], color=colour, linewidth=2)
            text += f" ({row['low']:,.0f}–{row['high']:,.0f})"
            side = "right"
        axis.annotate(
            text, (row["value"], number), (0, 8), textcoords="offset points", fontsize=8.5,
            ha=side,
        )  # fmt: skip
    axis.set_yticks(range(len(rows)), [BARS[CostOf(what)] for what in rows["what"]])
    ends = rows["value"].min() / 3, rows[["value", "high"]].max().max() * 3
    axis.set(xscale="log", xlim=ends, xlabel="seconds on one GPU, compiling included")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.set_ylim(len(rows) - 0.5, -0.7)
    axis.grid(visible=False, axis="y")
    files = rows[["device", "shape_id", "batches"]].drop_duplicates().to_dict("records")
    names = [
        f"{short_name(f['device'])}, {f['shape_id']}, {f['batches']} batch sizes" for f in files
    ]
    axis.set_title("Tuning one config file: " + "; ".join(names))
    return drawn


def main(argv: list[str] | None = None) -> int:
    """Read the costs, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--cost", type=Path, required=True, help="seconds of each step")
    arguments = parser.parse_args(argv)

    def body() -> None:
        save(draw(totals(read_table(arguments.cost, COST))), arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
