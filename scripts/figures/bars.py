"""Stacked bars of wins, ties and losses, a class each."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from scripts.figures.style import VERDICT_COLOURS


def verdict_bars(axis: Axes, rows: pd.DataFrame) -> None:
    """A bar for each row, the first on top, with the interval of its wins.

    ``rows``: value (the class), judged (how many), win, tie, loss, low, high; per cent.
    """
    names = [f"{row.value} ({row.judged:,})" for row in rows.itertuples()]
    places, left = range(len(rows)), pd.Series(0.0, rows.index)
    for verdict, colour in VERDICT_COLOURS.items():
        axis.barh(places, rows[verdict], left=left, color=colour, height=0.7, label=verdict)
        left = left + rows[verdict]
    axis.hlines(places, rows["low"], rows["high"], color="black", linewidth=1.4)
    axis.set_yticks(list(places), names, fontsize=8)
    axis.set_xlim(0, 100)
    axis.set_ylim(max(len(rows), 1) - 0.5, -0.5)  # no blank band above the first and below the last
    axis.grid(visible=False, axis="y")
