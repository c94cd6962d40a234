"""Copied configs against the committed one: ratio with its interval, a panel a pair of GPUs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from scripts.figures import options
from scripts.figures.pairs import pairs
from scripts.figures.style import GREY, VERDICT_COLOURS, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.judging.bands import within
from scripts.lib.log import run_main
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.schemas.triples import TRIPLE_VERDICTS
from scripts.lib.tables import read_table

RATIO_TICKS = (0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 8, 15)  # none so near that labels touch
BANDS = (*zip(within(10, 2).values(), ("#F1F1F1", "#DDDDDD"), strict=True),)
EXAMPLE = (
    "python -m scripts.figures.transferred --triples triple_verdicts.parquet"
    " --trials trials.parquet --sources NVIDIA_H100_80GB_HBM3"
    " --out-png transferred.png --out-svg transferred.svg"
)


def points(triples: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """The judged triples with a ratio, and the latency of the committed config in us.

    That latency is the median of the cell's anchor, which is the committed config where it ran.
    """
    copies = triples[triples["ratio"].notna()]
    if copies.empty:
        raise InputError("triples: none with a measured copy; nothing to draw")
    anchor = trials.groupby("cell_id")["anchor_us"].median().rename("committed_us")
    out = copies.merge(anchor, on="cell_id")
    return out.sort_values(["source", "cell_id"], ignore_index=True)


def draw(rows: pd.DataFrame, sources: Sequence[str]) -> Figure:
    """A panel for each pair of GPUs from ``sources``; InputError if one has no triple."""
    panels = pairs(rows, sources)
    shown = rows[rows["source"].isin(sources)]
    edges = shown["committed_us"].min() * 0.8, shown["committed_us"].max() * 1.25
    drawn, axes = figure(
        1, len(panels), width=1.8 + 4.2 * len(panels), height=5.2, sharex=True, sharey=True
    )
    for axis, (source, target) in zip(axes, panels, strict=True):
        mine = rows[(rows["source"] == source) & (rows["target"] == target)]
        _panel(axis, mine, edges)
        axis.set_title(f"{short_name(source)} → {short_name(target)}: {len(mine)} triples")
    axes[0].set_ylabel("copied / committed config, with its 95% interval")
    return drawn


def _panel(axis: Axes, rows: pd.DataFrame, edges: tuple[float, float]) -> None:
    for limit, shade in BANDS:
        axis.axhspan(1 / limit, limit, color=shade, linewidth=0)
    axis.axhline(1.0, color=GREY, linewidth=0.8)
    for verdict, colour in VERDICT_COLOURS.items():
        group = rows[rows["verdict"] == verdict]
        ends = [group["ratio"] - group["low"], group["high"] - group["ratio"]]
        axis.errorbar(
            group["committed_us"], group["ratio"], yerr=[end.clip(lower=0) for end in ends],
            fmt="o", markersize=3, linewidth=0.8, alpha=0.75, color=colour,
            label=f"{verdict} ({len(group)})",
        )  # fmt: skip
    axis.legend(loc="upper left")
    axis.set(xscale="log", yscale="log", xlim=edges, xlabel="committed config, µs per pass")
    axis.yaxis.set_major_locator(FixedLocator(RATIO_TICKS))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.xaxis.set_minor_formatter(NullFormatter())


def main(argv: list[str] | None = None) -> int:
    """Read verdicts and trials, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--triples", type=Path, required=True, help="judged triples")
    parser.add_argument(
        "--trials", type=Path, nargs="+", required=True, help="trials of the same datasets"
    )
    parser.add_argument("--sources", nargs="+", required=True, help="source GPUs to show")
    arguments = parser.parse_args(argv)

    def body() -> None:
        triples = read_table(arguments.triples, TRIPLE_VERDICTS)
        parts = [read_table(path, TRIALS, ["cell_id", "anchor_us"]) for path in arguments.trials]
        trials = pd.concat(parts, ignore_index=True)
        drawn = draw(points(triples, trials), arguments.sources)
        save(drawn, arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
