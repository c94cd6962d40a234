"""Pairs of tuners on the GPU itself: how the second's choice compares, and how sure the sign is."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.audit import REACH, panel, stacked
from scripts.figures.style import save
from scripts.lib.device import short_name
from scripts.lib.log import run_main
from scripts.lib.schemas.audit_live import LIVE_GRID
from scripts.lib.tables import read_table

NOTHING = "no audit on a GPU is recorded"
EXAMPLE = (
    "python -m scripts.figures.audit_live --grid live_grid.parquet --out-png live.png"
    " --out-svg live.svg"
)
Key = tuple[str, str, str, str]


def panels(grid: pd.DataFrame) -> dict[Key, pd.DataFrame]:
    """By GPU, layer and pair: per cent that the second pick is slower, ranks by tokens; 0 where
    both chose one config in every process."""  # noqa: D205,D209
    found = {}
    for key, rows in grid.groupby(["device", "layer", "first", "second"], sort=True):
        one = rows["reason"].isna() & rows["ratio"].isna()
        per_cent = rows.assign(value=(100 * (rows["ratio"] - 1)).mask(one, 0.0))
        device, layer, first, second = map(str, key)
        found[device, layer, first, second] = per_cent.pivot_table(
            index="ep", columns="tokens", values="value", dropna=False, sort=True
        )
    return found


def marked(rows: pd.DataFrame) -> pd.DataFrame:
    """With the processes in which the second's choice is faster as the text; bold: one config."""
    texts = [
        "=" if pd.isna(row["faster"]) else f"{row['faster']:.0f}/{row['apart']:.0f}"
        for row in rows.assign(apart=rows["processes"] - rows["matched"]).to_dict("records")
    ]
    bold = rows["pick_first"] == rows["pick_second"]
    ratio = rows["ratio"].fillna(1.0).where(rows["reason"].isna())
    return rows.assign(text=texts, bold=bold, ratio=ratio)


def draw(grid: pd.DataFrame) -> Figure:
    """A panel a layer and pair; a cell that was not compared is grey."""
    shown = {key: values.dropna(how="all") for key, values in panels(grid).items()}
    drawn, axes = stacked(list(shown.values()))
    if not shown:
        axes[0].set_title(NOTHING, fontsize=9)
        axes[0].set_axis_off()
        return drawn
    norm = TwoSlopeNorm(0.0, -REACH, REACH)
    for axis, (key, values) in zip(axes, shown.items(), strict=True):
        device, layer, first, second = key
        mine = grid[(grid[["device", "layer", "first", "second"]] == list(key)).all(axis=1)]
        mesh = panel(axis, values, marked(mine), norm)
        title = f"{short_name(device)}, {layer}: {second} against {first}"
        axis.set_title(title, fontsize=9)
    drawn.colorbar(mesh, ax=axes, extend="both", aspect=40).set_label("slower, %", fontsize=9)
    axes[-1].set_xlabel(
        "tokens, routed over all experts; in a cell the processes in which the second's choice is"
        " faster\ncolour: per cent that it is slower; =: one config; bold: commonest choices equal;"
        " grey: not compared",
        fontsize=9,
    )
    return drawn


def main(argv: list[str] | None = None) -> int:
    """Read the grid, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--grid", type=Path, required=True, help="LIVE_GRID table")
    arguments = parser.parse_args(argv)

    def body() -> None:
        drawn = draw(read_table(arguments.grid, LIVE_GRID))
        save(drawn, arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
