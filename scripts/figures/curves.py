"""Regret of the best config so far against the number of trials, per source and strategy."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from scripts.figures import options
from scripts.figures.pairs import pairs
from scripts.figures.style import PALETTE, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError, write_text
from scripts.lib.log import run_main
from scripts.lib.schemas.statistics import RATES
from scripts.lib.tables import read_table

# strategy -> (label, colour, line style); in the order of the legend
LOOKS = {
    "random": ("random search", PALETTE[1], "-"),
    "S2": ("S2: neighbours of the source's config", PALETTE[0], "-"),
    "S1": ("S1: the source's config as it stands", PALETTE[2], "--"),
    "default": ("default heuristic", PALETTE[3], ":"),
    "committed": ("committed config", PALETTE[6], "-."),
}
EXAMPLE = (
    "python -m scripts.figures.curves --rates rates.parquet"
    " --sources NVIDIA_H100_80GB_HBM3 AMD_Instinct_MI300X --out-csv curves.csv"
    " --out-png curves.png --out-svg curves.svg"
)


def curves(rates: pd.DataFrame) -> pd.DataFrame:
    """Regret, low and high per source, target, strategy and K; InputError if there is none."""
    rows = rates[(rates["metric"] == "regret") & rates["strategy"].isin(LOOKS)]
    if rows.empty:
        raise InputError("rates: no regret of any strategy; nothing to draw")
    names = ["source", "target", "strategy", "K", "mean", "low", "high"]
    out = rows[names].rename(columns={"mean": "regret"})
    return out.sort_values(names[:4], ignore_index=True)


def draw(rows: pd.DataFrame, sources: list[str]) -> Figure:
    """A panel per pair of GPUs; regret as per cent above the best, trials on a log2 axis."""
    shown = pairs(rows, sources)
    drawn, axes = figure(
        1, len(shown), width=4.6 * len(shown) + 0.6, height=4.4, sharey=True, sharex=True
    )
    for axis, (source, target) in zip(axes, shown, strict=True):
        _panel(axis, rows[(rows["source"] == source) & (rows["target"] == target)])
    axes[0].set_ylabel(
        "slower than the exhaustive best, %\n(geometric mean over cells; linear below 1%)"
    )
    handles, labels = axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside lower center", ncols=3)
    return drawn


def _panel(axis: Axes, rows: pd.DataFrame) -> None:
    for strategy, (label, colour, line) in LOOKS.items():
        curve = rows[rows["strategy"] == strategy]
        if curve.empty:
            continue
        per_cent = (curve[["regret", "low", "high"]] - 1) * 100
        axis.plot(curve["K"], per_cent["regret"], line, color=colour, label=label, marker="o",
                  markersize=3)  # fmt: skip
        if strategy in ("random", "S2"):
            axis.fill_between(curve["K"], per_cent["low"], per_cent["high"], color=colour,
                              alpha=0.15, linewidth=0)  # fmt: skip
    budgets = sorted(rows["K"].unique())
    axis.set_xscale("log", base=2)
    axis.set_xticks(budgets, [str(k) for k in budgets])
    axis.set_yscale("symlog", linthresh=1)
    axis.set_yticks([0, 1, 2, 5, 10, 20, 50, 100, 200])
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.set_ylim(0, float((rows["high"].max() - 1) * 100) * 1.1)
    axis.set_xlabel("trials K")
    axis.set_title(f"{short_name(rows['source'].iloc[0])} → {short_name(rows['target'].iloc[0])}")


def main(argv: list[str] | None = None) -> int:
    """Read the rates, write the curves as CSV, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--rates", type=Path, required=True, help="rates per pair")
    parser.add_argument("--sources", nargs="+", required=True, help="source GPUs to show")
    parser.add_argument("--out-csv", type=Path, required=True, help="the curves of all pairs")
    arguments = parser.parse_args(argv)

    def body() -> None:
        rows = curves(read_table(arguments.rates, RATES))
        drawn = draw(rows, arguments.sources)
        write_text(arguments.out_csv, rows.to_csv(index=False, float_format="%.6g"))
        save(drawn, arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
