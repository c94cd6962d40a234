"""What searches on the GPU itself chose against the committed config, by source and formats."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.bars import verdict_bars
from scripts.figures.style import VERDICT_COLOURS, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.headline import Choice
from scripts.lib.schemas.live import ANY, LIVE_RATES, TOGETHER
from scripts.lib.tables import read_table

NAMES = {TOGETHER: "all sources together", ANY: "any source, by itself"}
EXAMPLE = (
    "python -m scripts.figures.live --rates live_rates.parquet"
    " --out-png live.png --out-svg live.svg"
)


def bars(rates: pd.DataFrame) -> pd.DataFrame:
    """As ``verdict_bars`` takes them, by device, source and group; searched from most, first."""
    keys = ["device", "source", "group", "which"]
    mine = rates[(rates["choice"] == Choice.SEARCHED) & rates["metric"].isin([*VERDICT_COLOURS])]
    if mine.empty:
        raise InputError("live_rates: no search with a verdict; nothing to draw")
    shares = mine.pivot_table(index=keys, columns="metric", values="value") * 100
    win = mine[mine["metric"] == "win"].set_index(keys)
    rows = shares.join(win[["low", "high"]] * 100).join(win["n"].rename("judged")).reset_index()
    rows["value"] = rows["source"].map(lambda name: NAMES.get(name) or short_name(name))
    rows["order"] = rows["source"].map({TOGETHER: -2, ANY: -1}).fillna(0)
    order = ["device", "order", "judged"]
    return rows.sort_values(order, ascending=[True, True, False], ignore_index=True)


def draw(rows: pd.DataFrame) -> Figure:
    """Of each GPU a panel of the sources, and one of the number formats."""
    devices = sorted(rows["device"].unique())
    tables = [panel for device in devices for panel in _panels(rows[rows["device"] == device])]
    sizes = [max(1, len(bars)) for _, bars in tables]
    height = 2.4 + 0.3 * sum(sizes) + 0.8 * (len(devices) - 1)
    drawn, axes = figure(
        len(tables), 1, width=8.4, height=height, sharex=True,
        gridspec_kw={"height_ratios": sizes},
    )  # fmt: skip
    for axis, (title, bars) in zip(axes, tables, strict=True):
        verdict_bars(axis, bars)
        axis.set_title(title, fontsize=9)
    axes[-1].set_xlabel("per cent; line: 95% interval of the wins", fontsize=9)
    handles, labels = axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside upper right", ncols=len(labels))
    return drawn


def _panels(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Titles and bars of one GPU."""
    device = short_name(rows["device"].iloc[0])
    schemes = rows[(rows["group"] == "scheme") & rows["source"].isin([*NAMES])]
    schemes = schemes.assign(value=schemes["which"] + ", " + schemes["value"])
    return [
        (f"{device}: source GPU", rows[rows["group"] == "all"]),
        (f"{device}: number formats", schemes.sort_values(["which", "order"])),
    ]


def main(argv: list[str] | None = None) -> int:
    """Read the rates, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--rates", type=Path, required=True, help="LIVE_RATES table")
    arguments = parser.parse_args(argv)

    def body() -> None:
        rows = bars(read_table(arguments.rates, LIVE_RATES))
        save(draw(rows), arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
