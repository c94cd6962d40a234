"""graphx-sim on layers it never saw: predicted against measured, and regret of its first picks."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from scripts.figures import options
from scripts.figures.style import GREY, MARKERS, PALETTE, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.judging.bands import NEAR
from scripts.lib.log import run_main
from scripts.lib.schemas.sim import SIM_CALIBRATION, SIM_CELLS
from scripts.lib.tables import read_table

# model, K -> label, colour, line style; in the order of the legend
CURVES = {
    ("corrected", 1): ("first 1", PALETTE[0], ":"),
    ("corrected", 4): ("first 4", PALETTE[0], "-."),
    ("corrected", 8): ("first 8", PALETTE[0], "-"),
    ("corrected", 16): ("first 16", PALETTE[0], "--"),
    ("analytical", 8): ("first 8, by equations alone", PALETTE[1], "-"),
    ("chance", 8): ("first 8, random order (expected)", GREY, "-"),
}
TO_REACH = 0.95  # the figure to reach: share of cells near their best
EXAMPLE = (
    "python -m scripts.figures.sim --calibration sim_calibration.parquet"
    " --cells sim_cells.parquet --out-png sim.png --out-svg sim.svg"
)


def regrets(cells: pd.DataFrame) -> pd.DataFrame:
    """Device, model, K, regret in per cent and share of cells at or under it: unseen layers."""
    wanted = cells[(cells["dataset"] == "learned_from") & (cells["held_out"] == "layer")]
    if wanted.empty:
        raise InputError("cells: none of a layer that was held out; nothing to draw")
    parts = []
    for device, mine in wanted.groupby("device", sort=True):
        for model, top in CURVES:
            regret = np.sort(mine.loc[mine["model"] == model, f"regret_{top}"].to_numpy(float))
            share = np.arange(1, len(regret) + 1) / max(len(regret), 1)
            about = {"device": device, "model": model, "K": top}
            parts.append(pd.DataFrame(about | {"per_cent": 100 * (regret - 1), "share": share}))
    return pd.concat(parts, ignore_index=True)


def draw(calibration: pd.DataFrame, cells: pd.DataFrame) -> Figure:
    """A row a GPU: left a scatter of latencies, right the distribution of regret over the cells."""
    curves = regrets(cells)
    devices = sorted(curves["device"].unique())
    drawn, axes = figure(len(devices), 2, width=11.0, height=0.4 + 4.8 * len(devices))
    for device, left, right in zip(devices, axes[::2], axes[1::2], strict=True):
        timed = calibration[calibration["device"] == device]
        if timed.empty:
            raise InputError(f"calibration: no row of {device}; nothing to draw")
        _scatter(left, timed)
        _distribution(right, curves[curves["device"] == device])
        left.set_title(f"{short_name(device)}: each cell's fastest to its slowest, layer unseen")
        right.set_title(f"{short_name(device)}: what following the prediction costs")
    handles, labels = axes[1].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside lower right", ncols=4)
    return drawn


def _scatter(axis: Axes, rows: pd.DataFrame) -> None:
    values = rows[["measured_us", "predicted_us"]]
    ends = [values.min().min() * 0.9, values.max().max() * 1.1]
    axis.plot(ends, ends, color=GREY, linewidth=0.8)
    for index, (scheme, group) in enumerate(rows.groupby("scheme", sort=True)):
        axis.scatter(
            group["measured_us"],
            group["predicted_us"],
            s=9,
            alpha=0.5,
            linewidths=0,
            marker=MARKERS[index % len(MARKERS)],
            color=PALETTE[index % len(PALETTE)],
            label=str(scheme),
            rasterized=True,
        )
    axis.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    for scale in (axis.xaxis, axis.yaxis):
        scale.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        scale.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        scale.set_minor_formatter(NullFormatter())
    axis.set(xlabel="measured, µs per pass", ylabel="predicted, µs per pass")
    axis.legend(loc="upper left", markerscale=2)


def _distribution(axis: Axes, rows: pd.DataFrame) -> None:
    for (model, top), (label, colour, line) in CURVES.items():
        curve = rows[(rows["model"] == model) & (rows["K"] == top)]
        axis.step(
            np.append(curve["per_cent"], [rows["per_cent"].max()]),
            np.append(curve["share"], [1.0]) * 100,
            where="post",
            color=colour,
            linestyle=line,
            linewidth=1.6,
            label=label,
        )
    axis.plot(100 * (NEAR - 1), 100 * TO_REACH, "k*", markersize=10, label="to reach")
    axis.set_xscale("symlog", linthresh=1)
    ticks = [0, 1, 2, 5, 10, 20, 50, 100, 200]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.set_xlim(0, max(float(rows["per_cent"].max()), 5.0))
    axis.set_ylim(0, 102)
    axis.set(xlabel="best of the first K slower than the cell's best by at most, %")
    axis.set_ylabel("cells, %")


def main(argv: list[str] | None = None) -> int:
    """Read both tables, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--calibration", type=Path, required=True, help="predicted and measured")
    parser.add_argument("--cells", type=Path, required=True, help="how each cell is ordered")
    arguments = parser.parse_args(argv)

    def body() -> None:
        calibration = read_table(arguments.calibration, SIM_CALIBRATION)
        drawn = draw(calibration, read_table(arguments.cells, SIM_CELLS))
        save(drawn, arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
