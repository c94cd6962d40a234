"""GPU time of a decode step of the engine under our files, model by model, with intervals."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.style import PALETTE, figure, save
from scripts.lib.device import short_name
from scripts.lib.log import run_main
from scripts.lib.schemas.engine import ENGINE_RATIOS
from scripts.lib.tables import read_table

OURS, BASES = "ours", ("committed", "default")
EXAMPLE = "python -m scripts.figures.engine --ratios r.parquet --out-png e.png --out-svg e.svg"


def panels(ratios: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """By GPU and model: rows of ENGINE_RATIOS of ours, by base and batch."""
    ours = ratios[(ratios["config"] == OURS) & ratios["counted"].astype(bool)]
    ours = ours.sort_values(["base", "batch"])
    return {
        (str(device), str(model)): rows
        for (device, model), rows in ours.groupby(["device", "model"], sort=True)
    }


def draw(ratios: pd.DataFrame) -> Figure:
    """A panel a model; one that says so where no engine is recorded."""
    shown = panels(ratios)
    if not shown:
        drawn, (axis,) = figure(width=6.0, height=1.6)
        axis.text(0.5, 0.5, "no engine is recorded", ha="center", va="center")
        axis.set_axis_off()
        return drawn
    across = min(3, len(shown))
    down = -(-len(shown) // across)
    size = {"width": max(6.0, 3.3 * across), "height": max(3.4, 2.6 * down)}
    drawn, axes = figure(down, across, sharey=True, **size)
    for axis, ((device, model), rows) in zip(axes, shown.items(), strict=False):
        panel(axis, rows)
        axis.set_title(f"{short_name(device)}, {model}", fontsize=8)
    for axis in axes[len(shown) :]:
        axis.set_axis_off()
    for axis in axes[::across]:
        axis.set_ylabel("GPU time of a step, ratio", fontsize=8)
    axes[0].legend(fontsize=7, title="ours over", title_fontsize=7)
    return drawn


def panel(axis: Axes, rows: pd.DataFrame) -> None:
    """Ratios by requests at once, a line for each base."""
    batches = sorted(rows["batch"].unique())
    for base, some in rows.groupby("base", sort=True):
        number = BASES.index(base)
        at = np.array([batches.index(batch) for batch in some["batch"]]) + 0.12 * number
        middle = some["gpu_ratio"].to_numpy()
        ends = some[["gpu_low", "gpu_high"]].to_numpy(dtype=float)
        ends = np.where(np.isnan(ends), middle[:, None], ends)
        error = np.abs(ends - middle[:, None]).T
        axis.errorbar(at, middle, error, fmt="o", ms=3.5, lw=1.0, capsize=2,
                      color=PALETTE[number], label=str(base))  # fmt: skip
    axis.axhline(1.0, color="black", lw=0.8)
    axis.set_xticks(range(len(batches)), [str(batch) for batch in batches])
    axis.set_xlabel("requests at once", fontsize=8)


def main(argv: list[str] | None = None) -> int:
    """Read the ratios, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--ratios", type=Path, required=True, help="ENGINE_RATIOS table")
    arguments = parser.parse_args(argv)

    def body() -> None:
        drawn = draw(read_table(arguments.ratios, ENGINE_RATIOS))
        save(drawn, arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
