"""Copied configs against the committed one: latency against latency, and their ratio below."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    LogLocator,
    NullFormatter,
    NullLocator,
)

from scripts.figures import options
from scripts.figures.style import GREY, MARKERS, PALETTE, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.schemas.statistics import VERDICTS
from scripts.lib.tables import read_table

RATIO_TICKS = (0.8, 1, 1.25, 1.5, 2, 3, 5, 8)
BANDS = ((1.10, "#F1F1F1"), (1.02, "#DDDDDD"))
EXAMPLE = (
    "python -m scripts.figures.transferred --verdicts verdicts.parquet --trials trials.parquet"
    " --out-png transferred.png --out-svg transferred.svg"
)


def points(verdicts: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """One row per cell and source: ratio of the copy (S1), latency of the committed config in us.

    The committed config's latency is the median of its repeated timings in the sweep.
    """
    copies = verdicts[(verdicts["strategy"] == "S1") & verdicts["ratio"].notna()]
    copies = copies.sort_values("K").drop_duplicates(["cell_id", "source"])
    committed = trials.groupby("cell_id")["anchor_us"].median().rename("committed_us")
    out = copies[["cell_id", "source", "ratio"]].merge(committed, on="cell_id")
    if out.empty:
        raise InputError("verdicts: no judged copy (S1) of a source config; nothing to draw")
    return out.sort_values(["source", "cell_id"], ignore_index=True)


def draw(rows: pd.DataFrame) -> Figure:
    """Two panels over the committed latency: the copy's latency, and its ratio."""
    drawn, (above, below) = figure(
        2, 1, width=8.4, height=7.4, sharex=True, gridspec_kw={"height_ratios": [3, 2]}
    )
    edges = rows["committed_us"].min() * 0.8, rows["committed_us"].max() * 1.25
    _bands(above, below, edges)
    for index, (source, group) in enumerate(rows.groupby("source", sort=True)):
        name = f"{short_name(str(source))} ({len(group)} cells)"
        for axis, values in (
            (above, group["ratio"] * group["committed_us"]),
            (below, group["ratio"]),
        ):
            axis.scatter(
                group["committed_us"],
                values,
                s=24,
                alpha=0.8,
                linewidths=0,
                marker=MARKERS[index % len(MARKERS)],
                color=PALETTE[index % len(PALETTE)],
                label=name,
            )
    above.set(xscale="log", yscale="log", xlim=edges, ylabel="copied config, µs per pass")
    below.set(xlabel="committed config, µs per pass", ylabel="copied / committed", yscale="log")
    below.yaxis.set_major_locator(FixedLocator(RATIO_TICKS))
    below.yaxis.set_minor_locator(NullLocator())
    below.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    for scale in (above.xaxis, above.yaxis):
        scale.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        scale.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        scale.set_minor_formatter(NullFormatter())
    above.set_title("Configs copied as they stand from other GPUs (S1), one point per cell")
    above.legend(title="copied from", alignment="left", loc="upper left")
    return drawn


def _bands(above: Axes, below: Axes, edges: tuple[float, float]) -> None:
    ends = list(edges)
    for limit, shade in BANDS:
        outer, inner = [x * limit for x in ends], [x / limit for x in ends]
        above.fill_between(ends, inner, outer, color=shade, linewidth=0)
        below.axhspan(1 / limit, limit, color=shade, linewidth=0)
        label = f"±{round((limit - 1) * 100)}%"
        below.annotate(label, (1, limit), xycoords=("axes fraction", "data"), xytext=(3, -4),
                       textcoords="offset points", fontsize=8, color=GREY)  # fmt: skip
    above.plot(ends, ends, color=GREY, linewidth=0.8)
    below.axhline(1.0, color=GREY, linewidth=0.8)


def main(argv: list[str] | None = None) -> int:
    """Read verdicts and trials, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--verdicts", type=Path, required=True, help="judged replays")
    parser.add_argument("--trials", type=Path, required=True, help="recorded trials")
    arguments = parser.parse_args(argv)

    def body() -> None:
        verdicts = read_table(arguments.verdicts, VERDICTS)
        trials = read_table(arguments.trials, TRIALS, columns=["cell_id", "anchor_us"])
        save(draw(points(verdicts, trials)), arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
