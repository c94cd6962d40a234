"""How far latencies of the same config on one cell lie apart: the share within a difference."""

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
from scripts.lib.schemas.recorded import SPREAD, Kind
from scripts.lib.shape import device_of
from scripts.lib.tables import read_table

# kind -> label, colour, line style; in the order of the legend
CURVES = {
    Kind.TWINS: ("seconds apart: A/A pairs of finals, medians", PALETTE[0], "-"),
    Kind.ANCHORS: ("along a cell: re-runs of one config, largest to smallest", PALETTE[2], "-"),
    Kind.RUNS_SHIFTED: ("another machine, the cell's shift divided out", PALETTE[1], "--"),
    Kind.RUNS: ("another machine", PALETTE[1], "-"),
}
# Below this a difference means nothing: latencies are read to half a microsecond.
LEFT_END = 1e-4
EXAMPLE = (
    "python -m scripts.figures.spread --spread spread.parquet --margin 0.01"
    " --out-png spread.png --out-svg spread.svg"
)


def shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Device, kind, difference in per cent, share at or under it; ascending in each kind."""
    if rows.empty:
        raise InputError("spread: no config was measured twice; nothing to draw")
    parts = []
    devices = rows["cell_id"].map(device_of).rename("device")
    for (device, kind), group in rows.groupby([devices, "kind"], sort=True):
        values = np.sort(group["value"].to_numpy(float))
        share = np.arange(1, len(values) + 1) / len(values)
        about = {"device": device, "kind": kind}
        parts.append(pd.DataFrame(about | {"per_cent": 100 * values, "share": share}))
    return pd.concat(parts, ignore_index=True)


def draw(rows: pd.DataFrame, margin: float) -> Figure:
    """A panel a GPU, a curve a kind over a logarithmic axis; ``margin`` is drawn as a line."""
    curves = shares(rows)
    devices = sorted(curves["device"].unique())
    drawn, axes = figure(1, len(devices), width=8.4 * len(devices), height=5.4, sharey=True)
    for axis, device in zip(axes, devices, strict=True):
        _panel(axis, curves[curves["device"] == device], margin)
        axis.set_title(f"{short_name(device)}: the same config on the same cell, measured again")
    axes[0].set_ylabel("share, %")
    return drawn


def _panel(axis: Axes, curves: pd.DataFrame, margin: float) -> None:
    for kind, (label, colour, line) in CURVES.items():
        curve = curves[curves["kind"] == kind]
        if curve.empty:
            continue
        axis.step(
            curve["per_cent"].clip(lower=100 * LEFT_END),
            100 * curve["share"],
            where="post",
            color=colour,
            linestyle=line,
            linewidth=1.6,
            label=f"{label} ({len(curve):,})",
        )
    axis.axvline(100 * margin, color=GREY, linewidth=0.8, label="margin of a win")
    axis.set_xscale("log")
    ticks = [0.01, 0.1, 0.5, 1, 2, 5, 10, 50]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    axis.set_xlim(left=100 * LEFT_END)
    axis.set_ylim(0, 102)
    axis.set(xlabel="difference of a config's latency with itself, %")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)


def main(argv: list[str] | None = None) -> int:
    """Read the differences, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--spread", type=Path, required=True, help="table of differences")
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    arguments = parser.parse_args(argv)

    def body() -> None:
        rows = read_table(arguments.spread, SPREAD)
        save(draw(rows, arguments.margin), arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
