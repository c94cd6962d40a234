"""How far down each order the configs stand that were committed, a row for each GPU."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.style import GREY, MARKERS, PALETTE, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.foreseen import FORESEEN, FREE, Order
from scripts.lib.tables import read_table

# Order -> label and colour, in the order of the legend and down each row; recorded GPUs first.
RECORDED = {
    Order.MEASURED: ("as measured on it", GREY),
    Order.LAYER_OUT: ("predicted, layer out", PALETTE[0]),
    Order.FAMILY_OUT: ("predicted, family out", PALETTE[4]),
    Order.GPU_OUT: ("predicted, GPU out", PALETTE[1]),
}
OTHERS = {
    Order.SIM: ("predicted, taught by a recorded GPU", PALETTE[2]),
    Order.CROWD: ("… and other GPUs' files weighed in", PALETTE[3]),
    Order.NEAREST: ("by nearness to the recorded GPU's config", PALETTE[5]),
    Order.DEFAULT: ("by nearness to vLLM's default", PALETTE[6]),
}
LABELS = RECORDED | OTHERS
EXAMPLE = (
    "python -m scripts.figures.foreseen --foreseen foreseen.parquet"
    " --out-png foreseen.png --out-svg foreseen.svg"
)


def points(rows: pd.DataFrame) -> pd.DataFrame:
    """What is drawn: device, order, per cent that stand ahead in the mean, ends of its interval.

    ``rows``: FORESEEN. Recorded GPUs first. InputError if there is nothing.
    """
    wanted = (rows["scheme"] == FREE) & (rows["part"] == "") & (rows["metric"] == "ahead")
    found = rows[wanted & rows["order"].isin(LABELS)]
    if found.empty:
        raise InputError("foreseen: no order of committed configs; nothing to draw")
    known = set(found.loc[found["order"] == Order.MEASURED, "device"])
    places = {order: place for place, order in enumerate(LABELS)}
    out = found.assign(
        first=~found["device"].isin(known),
        place=found["order"].map(places),
        **{name: 100 * found[name] for name in ("mean", "low", "high")},
    )
    return out.sort_values(["first", "device", "place"], ignore_index=True)


def draw(rows: pd.DataFrame) -> Figure:
    """A row a GPU, a mark an order with its interval, over a logarithmic axis."""
    shown = points(rows)
    devices = shown["device"].drop_duplicates().tolist()
    drawn, (axis,) = figure(width=8.0, height=2.3 + 0.62 * len(devices))
    for order in LABELS:
        own = shown[shown["order"] == order]
        if len(own):
            _marks(axis, order, own, devices)
    axis.set_yticks(range(len(devices)), [short_name(one) for one in devices])
    axis.invert_yaxis()
    axis.set_xscale("log")
    ticks = [1, 2, 5, 10, 20, 50]
    axis.set_xticks(ticks, [f"{tick}" for tick in ticks])
    axis.minorticks_off()
    axis.set_xlim(min(1.0, 0.9 * float(shown["mean"].min())), 52)
    axis.axvline(50, color=GREY, linewidth=0.8, linestyle=":", label="chance")
    axis.set_xlabel("legal configs ordered before the committed one, %, mean of rows")
    axis.legend(loc="upper center", bbox_to_anchor=(0.42, -0.14), ncols=2)
    return drawn


def _marks(axis: Axes, order: Order, rows: pd.DataFrame, devices: list[str]) -> None:
    label, colour = LABELS[order]
    group = list(RECORDED if order in RECORDED else OTHERS)
    shift = (group.index(order) - (len(group) - 1) / 2) * 0.19
    axis.errorbar(
        rows["mean"],
        [devices.index(one) + shift for one in rows["device"]],
        xerr=[
            (rows["mean"] - rows["low"]).clip(lower=0),
            (rows["high"] - rows["mean"]).clip(lower=0),
        ],
        fmt=MARKERS[group.index(order)],
        color=colour,
        markersize=5,
        linewidth=1.2,
        label=label,
    )


def main(argv: list[str] | None = None) -> int:
    """Read the table, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--foreseen", type=Path, required=True, help="FORESEEN table")
    arguments = parser.parse_args(argv)

    def body() -> None:
        rows = read_table(arguments.foreseen, FORESEEN)
        save(draw(rows), arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
