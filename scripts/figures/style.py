"""The look that all figures share, and how they are saved so that the bytes are reproducible."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures import compact
from scripts.lib.files import replacing

# Okabe and Ito's palette, which colour-blind readers can tell apart:
# https://jfly.uni-koeln.de/color/. Yellow is left out: it vanishes on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
# A second channel beside colour, for print and for more series than colours.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
GREY = "#767676"
# Of verdicts against the committed config, as scripts.lib.judging.decision words them.
VERDICT_COLOURS = {"win": "#009E73", "tie": "#BBBBBB", "loss": "#D55E00"}

_RC: dict[Any, Any] = {
    "figure.dpi": 100,
    "savefig.dpi": 150,
    "font.size": 10,
    "font.family": "DejaVu Sans",  # ships with matplotlib, so it is the same everywhere
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    # Element ids of an SVG are random unless they are salted.
    "svg.hashsalt": "graphx",
}


def figure(
    rows: int = 1, columns: int = 1, width: float = 7.2, height: float = 4.2, **options: Any
) -> tuple[Figure, list[Axes]]:
    """A figure in the shared look, sizes in inches; its axes row by row."""
    plt.rcdefaults()
    plt.rcParams.update(_RC)
    drawn, axes = plt.subplots(
        rows,
        columns,
        figsize=(width, height),
        squeeze=False,
        layout="constrained",
        **options,
    )
    return drawn, list(axes.ravel())


def save(drawn: Figure, png: Path, svg: Path) -> None:
    """Write both files, each whole or not at all, with no date and no version in them."""
    picture, drawing = io.BytesIO(), io.StringIO()
    drawn.savefig(picture, format="png", metadata={"Software": None})
    drawn.savefig(drawing, format="svg", metadata={"Date": None, "Creator": None})
    with replacing(png) as temporary:
        temporary.write_bytes(compact.png(picture.getvalue()))
    with replacing(svg) as temporary:
        temporary.write_text(compact.svg(drawing.getvalue()), encoding="utf-8")
    plt.close(drawn)
