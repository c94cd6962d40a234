"""How far committed configs are behind: over default and over the fastest config, row by row."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.style import GREY, PALETTE, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.health import HEALTH
from scripts.lib.tables import read_table

EXAMPLE = (
    "python -m scripts.figures.health --health health.parquet"
    " --out-png health.png --out-svg health.svg"
)
AGAINST = {
    "over_default": "over what runs without a file",
    "over_best": "over the fastest config known",
}
BEHIND = 1.03
REACH = (0.7, 1.7)  # of the axis; what lies beyond is drawn at its end


def recorded(health: pd.DataFrame) -> pd.DataFrame:
    """The rows of HEALTH with figures. InputError if there is none."""
    rows = health.dropna(subset=["over_best"])
    if rows.empty:
        raise InputError("health: no row was recorded under the operator; nothing to draw")
    return rows


def draw(health: pd.DataFrame) -> Figure:
    """A line of panels a GPU; in each one step curve a number format: share of rows up to x."""
    rows = recorded(health)
    devices = sorted(rows["device"].unique())
    drawn, axes = figure(
        len(devices), len(AGAINST), width=9.2, height=0.6 + 3.2 * len(devices), sharey=True
    )
    low, high = REACH
    for number, axis in enumerate(axes):
        device, name = devices[number // len(AGAINST)], list(AGAINST)[number % len(AGAINST)]
        _panel(axis, rows[rows["device"] == device], name)
        axis.set_title(f"{short_name(device)}: committed {AGAINST[name]}")
        axis.set_xlabel(f"latency ratio, whole operator; at {low:g} and {high:g}: or beyond")
    for axis in axes[:: len(AGAINST)]:
        axis.set_ylabel("share of rows up to it")
    handles, labels = axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside lower center", ncols=4)
    return drawn


def _panel(axis: Axes, rows: pd.DataFrame, name: str) -> None:
    axis.axvline(1.0, color=GREY, linewidth=0.8)
    axis.axvline(BEHIND, color=GREY, linewidth=0.8, linestyle=":")
    for place, (scheme, some) in enumerate(rows.groupby("scheme", sort=True)):
        values = np.sort(some[name].dropna().clip(*REACH).to_numpy())
        axis.step(
            values,
            np.arange(1, len(values) + 1) / len(values) if len(values) else values,
            where="post",
            color=PALETTE[place % len(PALETTE)],
            label=f"{scheme} ({some['file'].nunique()} files)",
        )
    axis.set_ylim(0, 1 + 0.02)  # room above the last step


def main(argv: list[str] | None = None) -> int:
    """Read, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--health", type=Path, required=True, help="HEALTH table")
    arguments = parser.parse_args(argv)

    def body() -> None:
        drawn = draw(read_table(arguments.health, HEALTH))
        save(drawn, arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
