"""Two tuners on one grid: how the second's choice compares, and how often each flips."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.style import figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.audit import GRID
from scripts.lib.tables import read_table

REACH = 5.0  # per cent at which the colour is full
ABSENT = "#E3E3E3"
EXAMPLE = (
    "python -m scripts.figures.audit --grid grid.parquet --out-png audit.png --out-svg audit.svg"
)


def panels(grid: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """By GPU and layer: per cent that the second pick is slower, ranks by tokens."""
    found = {}
    for key, rows in grid.groupby(["device", "layer"], sort=False):
        per_cent = rows.assign(value=100 * (rows["ratio"] - 1))
        found[str(key[0]), str(key[1])] = per_cent.pivot_table(
            index="ep", columns="tokens", values="value", dropna=False, sort=True
        )
    if not found:
        raise InputError("grid: no layer; nothing to draw")
    return found


def draw(grid: pd.DataFrame) -> Figure:
    """A panel a layer, of the ranks of which anything was measured; what was not there is grey."""
    shown = {key: values.dropna(how="all") for key, values in panels(grid).items()}
    first, second = grid["first"].iloc[0], grid["second"].iloc[0]
    drawn, axes = stacked(list(shown.values()))
    norm = TwoSlopeNorm(0.0, -REACH, REACH)
    for axis, ((device, layer), values) in zip(axes, shown.items(), strict=True):
        mine = grid[(grid["device"] == device) & (grid["layer"] == layer)]
        mesh = panel(axis, values, _marked(mine), norm)
        axis.set_title(f"{short_name(device)}, {layer}", fontsize=9)
    drawn.colorbar(mesh, ax=axes, extend="both", aspect=40).set_label("slower, %", fontsize=9)
    axes[-1].set_xlabel(
        "tokens of a rank; in a cell the share of tunings with another choice,"
        f" {first} / {second}; bold: one config\n"
        f"colour: per cent that the choice of {second} is slower; grey: not measured",
        fontsize=9,
    )
    return drawn


def stacked(shown: list[pd.DataFrame]) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each, as high as it has rows."""
    rows = [max(1, len(values)) for values in shown] or [1]
    height = max(3.6, 1.1 + sum(0.45 + 0.4 * one for one in rows))
    return figure(len(rows), 1, width=9.2, height=height, height_ratios=rows)


def _marked(rows: pd.DataFrame) -> pd.DataFrame:
    """With the flips of both as the cell's text, bold where both chose one config."""
    both = [100 * rows[f"flips_{side}"] for side in ("first", "second")]
    texts = [f"{one:.0f}/{two:.0f}" for one, two in zip(*both, strict=True)]
    return rows.assign(text=texts, bold=rows["matched"])


def panel(axis: Axes, values: pd.DataFrame, rows: pd.DataFrame, norm: TwoSlopeNorm) -> QuadMesh:
    """Ranks by tokens; ``rows`` with the ``text`` of each cell, and whether it is ``bold``."""
    axis.set_facecolor(ABSENT)
    mesh = axis.pcolormesh(
        np.ma.masked_invalid(values.to_numpy()), cmap="RdBu_r", norm=norm, edgecolors="white"
    )
    axis.grid(visible=False)
    axis.set_yticks(np.arange(len(values)) + 0.5, [f"EP {ranks}" for ranks in values.index])
    axis.set_xticks(
        np.arange(values.shape[1]) + 0.5, [str(one) for one in values.columns], fontsize=8
    )
    across, down = list(values.columns), list(values.index)
    for row in rows[rows["ratio"].notna()].to_dict("records"):
        axis.text(
            across.index(row["tokens"]) + 0.5,
            down.index(row["ep"]) + 0.5,
            row["text"],
            ha="center",
            va="center",
            fontsize=7.5,
            color="white" if abs(100 * (row["ratio"] - 1)) > 0.7 * REACH else "black",
            fontweight="bold" if row["bold"] else "normal",
        )
    axis.invert_yaxis()
    return mesh


def main(argv: list[str] | None = None) -> int:
    """Read the grid, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--grid", type=Path, required=True, help="GRID table")
    arguments = parser.parse_args(argv)

    def body() -> None:
        drawn = draw(read_table(arguments.grid, GRID))
        save(drawn, arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
