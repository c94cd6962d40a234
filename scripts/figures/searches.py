"""Regret against trials and GPU seconds of S1-S8, its parts, and the baselines, GPU by GPU."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from scripts.figures import options
from scripts.figures.style import PALETTE, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.search import SEARCH_RATES
from scripts.lib.tables import read_table

TUNER = "Kernel Tuner "
OURS = "S1-S8, all sources"
Look = tuple[str, str, str]
# strategy -> label, colour, line style; in the order of the legend.
BASELINES = {
    OURS: ("S1-S8", PALETTE[0], "-"),
    "S6": ("graphx-sim's order alone (S6)", PALETTE[1], "-"),
    "Optuna TPE": ("Optuna TPE", PALETTE[2], "-"),
    f"{TUNER}genetic_algorithm": ("Kernel Tuner: genetic algorithm", PALETTE[3], "-"),
    f"{TUNER}simulated_annealing": ("Kernel Tuner: simulated annealing", PALETTE[4], "-"),
    f"{TUNER}greedy_ils": ("Kernel Tuner: iterated local search", PALETTE[3], ":"),
    f"{TUNER}pso": ("Kernel Tuner: particle swarm", PALETTE[4], ":"),
    "cold Bayesian": ("cold Bayesian search", PALETTE[5], "--"),
    "random": ("random search", PALETTE[6], "--"),
}
ABLATIONS = {
    OURS: ("S1-S8", PALETTE[0], "-"),
    "S1-S8 without S4": ("without S4: fixed order", PALETTE[1], "--"),
    "S1-S8 without S5": ("without S5: no other batches", PALETTE[2], "--"),
    "S1-S8 without S6": ("without S6: no graphx-sim", PALETTE[3], "--"),
    "S1-S8 without S7": ("without S7: no racing", PALETTE[5], ":"),
    "S1-S8 without S8": ("without S8: no portfolio", PALETTE[4], "--"),
}
# A panel each: title, column of the horizontal axis, looks.
PANELS = (
    ("against baselines, trials", "K", BASELINES),
    ("against baselines, GPU seconds", "gpu_seconds", BASELINES),
    ("one switched off, GPU seconds", "gpu_seconds", ABLATIONS),
)
LABELS = {"K": "trials K", "gpu_seconds": "GPU seconds of K trials, mean over cells"}
EXAMPLE = (
    "python -m scripts.figures.searches --rates search_rates.parquet"
    " --out-png searches.png --out-svg searches.svg"
)


def draw(rates: pd.DataFrame) -> Figure:
    """A row of panels for each GPU, from SEARCH_RATES; InputError if S1-S8 is not there."""
    rows = rates[rates["group"] == "all"]
    by_device = {str(device): mine for device, mine in rows.groupby("device", sort=True)}
    lacking = [name for name, mine in by_device.items() if OURS not in set(mine["strategy"])]
    if lacking or not by_device:
        where = f" on {lacking[0]}" if lacking else ""
        raise InputError(f"search_rates: no row of {OURS}{where}; nothing to draw")
    wide = len(PANELS)
    height = 5.8 + 4.4 * (len(by_device) - 1)
    drawn, axes = figure(len(by_device), wide, width=13.5, height=height, sharey=True)
    for place, (device, mine) in enumerate(by_device.items()):
        _row(axes[place * wide : (place + 1) * wide], mine, short_name(device))
    handles, labels = axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside lower center", ncols=5)
    return drawn


def _row(axes: Sequence[Axes], rows: pd.DataFrame, name: str) -> None:
    """The panels of one GPU."""
    for axis, (title, across, looks) in zip(axes, PANELS, strict=True):
        _panel(axis, rows, across, looks)
        axis.set_title(f"{name}: {title}")
    axes[0].set_ylabel("slower than the best, %\n(geometric mean over cells; linear below 0.1%)")
    budgets = sorted(rows["K"].unique())
    axes[0].set_xscale("log", base=2)
    axes[0].set_xticks(budgets, [str(k) for k in budgets])
    axes[-1].legend(loc="upper right")


def _panel(axis: Axes, rows: pd.DataFrame, across: str, looks: dict[str, Look]) -> None:
    for strategy, (label, colour, line) in looks.items():
        curve = rows[rows["strategy"] == strategy].sort_values("K")
        if curve.empty:
            continue
        per_cent = (curve[["regret", "regret_low", "regret_high"]] - 1) * 100
        axis.plot(curve[across], per_cent["regret"], line, color=colour, label=label, marker="o",
                  markersize=3)  # fmt: skip
        axis.fill_between(curve[across], per_cent["regret_low"], per_cent["regret_high"],
                          color=colour, alpha=0.12, linewidth=0)  # fmt: skip
    axis.set_xscale("log")
    axis.set_yscale("symlog", linthresh=0.1)
    axis.set_yticks([0, 0.1, 1, 10, 100])
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.set_ylim(0, 400)
    axis.set_xlabel(LABELS[across])


def main(argv: list[str] | None = None) -> int:
    """Read the rates, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--rates", type=Path, required=True, help="SEARCH_RATES table")
    arguments = parser.parse_args(argv)

    def body() -> None:
        drawn = draw(read_table(arguments.rates, SEARCH_RATES))
        save(drawn, arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
