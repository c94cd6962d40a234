"""Suites of engine legs: what a decode step takes, and each kernel's change in the re-run."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.style import GREY, PALETTE, figure, save
from scripts.lib.device import short_name
from scripts.lib.log import run_main
from scripts.lib.schemas.evidence import KERNELS, LEGS
from scripts.lib.tables import read_table

EXAMPLE = (
    "python -m scripts.figures.evidence --legs evidence_legs.parquet"
    " --kernels evidence_kernels.parquet --out-png evidence.png --out-svg evidence.svg"
)
PARTS = {"attention_ms": "attention", "moe_ms": "MoE", "rest_ms": "rest"}
_COLOURS = dict(zip(PARTS.values(), PALETTE, strict=False))
BOUND = 2.0  # per cent, of equivalence (scripts.evidence.changes)
_LONGEST = 34  # letters of a kernel's name


def timed(legs: pd.DataFrame) -> pd.DataFrame:
    """Legs with a time, the label of each: its set's and its own name."""
    known = legs.dropna(subset="step_ms")
    return known.assign(label=known["leg"] + ", " + known["set"])


def judged(kernels: pd.DataFrame) -> pd.DataFrame:
    """Decode kernels that judge and have an interval, in per cent, legs together."""
    rows = kernels[kernels["judged"] & (kernels["phase"] == "decode")].dropna(subset="low")
    rows = rows[~rows["kernel"].str.startswith("all ")]
    per_cent = {name: 100 * (rows[name] - 1) for name in ("ratio", "low", "high")}
    return rows.assign(**per_cent)


def draw(legs: pd.DataFrame, kernels: pd.DataFrame) -> Figure:
    """Bars a leg, of LEGS; beside them intervals a kernel, of KERNELS. Empty ones say so."""
    bars, points = timed(legs), judged(kernels)
    height = max(3.6, 1.4 + 0.32 * len(bars), 1.4 + 0.2 * len(placed(points)[1]))
    drawn, axes = figure(1, 2, width=10.5, height=height)
    _steps(axes[0], bars)
    _changes(axes[1], points)
    return drawn


def _steps(axis: Axes, bars: pd.DataFrame) -> None:
    if bars.empty:
        axis.text(0.5, 0.5, "no leg is recorded", ha="center", transform=axis.transAxes)
        return
    left = pd.Series(0.0, index=bars.index)
    for column, part in PARTS.items():
        width = bars[column].fillna(0.0)
        axis.barh(bars["label"], width, left=left, color=_COLOURS[part], label=part)
        left = left + width
    axis.invert_yaxis()
    axis.tick_params(axis="y", labelsize=8)
    device = short_name(bars["device"].iloc[0])
    axis.set_xlabel(f"GPU time of a decode step on {device}, ms")
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(PARTS))


def _changes(axis: Axes, points: pd.DataFrame) -> None:
    if points.empty:
        axis.text(0.5, 0.5, "no suite was run again", ha="center", transform=axis.transAxes)
        return
    places, ticks = placed(points)
    axis.axvspan(-BOUND, BOUND, color="#EEEEEE")
    axis.axvline(0, color=GREY, linewidth=0.8)
    colours = [_COLOURS[kind] for kind in points["kind"]]
    axis.hlines(places, points["low"], points["high"], color=colours)
    axis.scatter(points["ratio"], places, color=colours, s=14, zorder=3)
    axis.set_yticks(list(ticks), list(ticks.values()), fontsize=6.5)
    axis.set_ylim(max(ticks) + 1, -1)
    axis.set_xlabel("change in the re-run, %\ngrey: equal by the bound")


def placed(points: pd.DataFrame) -> tuple[list[int], dict[int, str]]:
    """A place of each kernel from the top, and what stands at each: kernels under their re-run."""
    places: list[int] = []
    ticks: dict[int, str] = {}
    for second, rows in points.groupby("second", sort=False):
        ticks[len(ticks)] = f"{second}:"
        for row in rows.itertuples():
            places.append(len(ticks))
            ticks[len(ticks)] = f"{row.leg}: {short(str(row.kernel))}"
    return places, ticks


def short(kernel: str) -> str:
    """The beginning and the end of a name."""
    half = _LONGEST // 2
    return kernel if len(kernel) <= _LONGEST else f"{kernel[:half]}…{kernel[-half:]}"


def main(argv: list[str] | None = None) -> int:
    """Read legs and kernels, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--legs", type=Path, required=True, help="EVIDENCE_LEGS table")
    parser.add_argument("--kernels", type=Path, required=True, help="EVIDENCE_KERNELS table")
    arguments = parser.parse_args(argv)

    def body() -> None:
        legs, kernels = read_table(arguments.legs, LEGS), read_table(arguments.kernels, KERNELS)
        save(draw(legs, kernels), arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
