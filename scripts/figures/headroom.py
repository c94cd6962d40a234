"""What the committed configs leave on the table: committed over best, against tokens, per shape."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.style import GREY, MARKERS, PALETTE, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.judging.bands import NEAR
from scripts.lib.log import run_main
from scripts.lib.schemas.measured import CELLS
from scripts.lib.schemas.statistics import PAIRWISE
from scripts.lib.tables import read_table

EXAMPLE = (
    "python -m scripts.figures.headroom --pairwise pairwise.parquet --cells cells.parquet"
    " --out-png headroom.png --out-svg headroom.svg"
)


def headroom(pairwise: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Committed / best with its interval for every cell where both are finalists."""
    best = pairwise[pairwise["best"] & pairwise["committed_ratio"].notna()]
    if best.empty:
        raise InputError("pairwise: the committed config is a finalist of no cell; nothing to draw")
    rows = best.merge(cells, on="cell_id")
    if rows.empty:
        raise InputError("cells: none that pairwise compares; name its recordings with --cells")
    # The table holds best / committed; an unknown interval is drawn as none.
    out = rows[["device", "E", "N", "K", "top_k", "tokens"]].copy()
    out["ratio"] = 1 / rows["committed_ratio"]
    out["low"] = 1 / rows["committed_high"].fillna(rows["committed_ratio"])
    out["high"] = 1 / rows["committed_low"].fillna(rows["committed_ratio"])
    return out.sort_values(["device", "E", "N", "K", "top_k", "tokens"], ignore_index=True)


def draw(rows: pd.DataFrame) -> Figure:
    """A panel a GPU, one line per shape over a log2 axis of tokens, with the paired intervals."""
    devices = sorted(rows["device"].unique())
    drawn, axes = figure(
        len(devices), 1, width=8.4, height=0.7 + 4.2 * len(devices), sharex=True, sharey=True
    )
    for axis, device in zip(axes, devices, strict=True):
        _panel(axis, rows[rows["device"] == device], rows)
        axis.set_title(
            f"{short_name(device)}: how much faster the best recorded config is than the committed"
            " one"
        )
    axes[-1].set_xlabel("tokens M")
    by_label: dict[str, Artist] = {}
    for axis in axes:
        handles, labels = axis.get_legend_handles_labels()
        by_label |= dict(zip(labels, handles, strict=True))
    drawn.legend(by_label.values(), by_label.keys(), loc="outside lower center", ncols=3)
    return drawn


def _panel(axis: Axes, rows: pd.DataFrame, every: pd.DataFrame) -> None:
    """The lines of one GPU; a shape looks the same on all."""
    keys = ["E", "N", "K", "top_k"]
    places = {shape: place for place, shape in enumerate(every.groupby(keys, sort=True).groups)}
    axis.axhspan(1.0, NEAR, color="#E3E3E3", linewidth=0, label="within 2% of the best")
    axis.axhline(1.0, color=GREY, linewidth=0.8)
    for shape, group in rows.groupby(keys, sort=True):
        index = places[shape]
        experts, intermediate, hidden, top_k = shape
        axis.errorbar(
            group["tokens"],
            group["ratio"],
            yerr=[group["ratio"] - group["low"], group["high"] - group["ratio"]],
            marker=MARKERS[index % len(MARKERS)],
            color=PALETTE[index % len(PALETTE)],
            markersize=4.5,
            linewidth=1.2,
            elinewidth=0.8,
            capsize=2,
            label=f"E={experts} N={intermediate} K={hidden} top-{top_k}",
        )
    ticks = sorted(every["tokens"].unique())
    axis.set_xscale("log", base=2)
    axis.set_xticks(ticks, [str(t) for t in ticks], rotation=60, fontsize=8.5)
    axis.minorticks_off()
    axis.set_ylabel("committed / best latency (paired)")


def main(argv: list[str] | None = None) -> int:
    """Read comparisons and cells, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--pairwise", type=Path, required=True, help="finalists compared")
    parser.add_argument("--cells", type=Path, nargs="+", required=True, help="measured cells")
    arguments = parser.parse_args(argv)

    def body() -> None:
        pairwise = read_table(arguments.pairwise, PAIRWISE)
        cells = pd.concat([read_table(path, CELLS) for path in arguments.cells], ignore_index=True)
        rows = headroom(pairwise, cells)
        save(draw(rows), arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
