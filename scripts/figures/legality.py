"""Heat map: which share of one GPU's committed configs is legal on another."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from scripts.figures import options
from scripts.figures.style import figure, save
from scripts.lib.device import find_device, short_name
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.space import LEGALITY
from scripts.lib.tables import read_table

# column of legal configs -> title of its panel
PANELS = {
    "legal": "as they stand",
    "legal_carried": "without keys that only the other vendor reads",
}
DARK = 0.55  # share from which on the colour wants white letters
EXAMPLE = (
    "python -m scripts.figures.legality --legality legality.parquet"
    " --out-png legality.png --out-svg legality.svg"
)


def shares(legality: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """``configs`` and, per panel, the share of legal ones: sources by targets, all schemes."""
    if legality.empty:
        raise InputError("legality: no pair of GPUs; nothing to draw")
    totals = legality.groupby(["source", "target"])[["configs", *PANELS]].sum()
    out = {name: (totals[name] / totals["configs"]).unstack() for name in PANELS}
    out["configs"] = totals["configs"].unstack()
    return {name: _by_vendor(frame) for name, frame in out.items()}


def _by_vendor(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows and columns by vendor, then architecture, sm_90 before sm_100, then name."""

    def order(name: str) -> tuple[str, int, str, str]:
        device = find_device(name)
        return device.vendor.value, len(device.arch), device.arch, name

    return frame.loc[sorted(frame.index, key=order), sorted(frame.columns, key=order)]


def draw(legality: pd.DataFrame) -> Figure:
    """A panel as committed configs stand, one with foreign keys dropped; shares in the cells."""
    found = shares(legality)
    rows, columns = found["configs"].shape
    width, height = 4.0 + 1.05 * columns, max(3.6, 1.9 + 0.24 * rows)
    drawn, axes = figure(1, 2, width=width, height=height, sharey=True, sharex=True)
    images = [_panel(axis, found[name]) for axis, name in zip(axes, PANELS, strict=True)]
    for axis, title in zip(axes, PANELS.values(), strict=True):
        axis.set_title(f"Legal {title}")
    axes[0].set_yticks(range(rows), _labels(found["configs"]))
    axes[0].set_ylabel("committed for (configs)")
    drawn.colorbar(images[-1], ax=axes, label="share of configs", shrink=0.8, pad=0.015)
    return drawn


def _labels(configs: pd.DataFrame) -> list[str]:
    sizes = configs.max(axis=1)
    return [f"{short_name(str(name))} ({size:,.0f})" for name, size in sizes.items()]


def _panel(axis: Axes, frame: pd.DataFrame) -> AxesImage:
    values = frame.to_numpy(float)
    image = axis.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        axis.text(
            column,
            row,
            _text(value),
            ha="center",
            va="center",
            fontsize=7.5,
            color="white" if value > DARK else "black",
        )
    names = [short_name(str(name)) for name in frame.columns]
    axis.set_xticks(range(len(names)), names, rotation=35, ha="right")
    axis.set_xlabel("compiled for")
    axis.grid(visible=False)
    return image


def _text(share: float) -> str:
    """A share in whole per cent, rounded down: 100% is all of them, 0% none."""
    if np.isnan(share):
        return "–"
    return "<1%" if 0 < share < 0.01 else f"{math.floor(share * 100 + 1e-9)}%"


def main(argv: list[str] | None = None) -> int:
    """Read the matrix, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--legality", type=Path, required=True, help="committed configs elsewhere")
    arguments = parser.parse_args(argv)

    def body() -> None:
        drawn = draw(read_table(arguments.legality, LEGALITY))
        save(drawn, arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
