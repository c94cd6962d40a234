"""Histogram of the time from the source's config file to the target's, by last and first commit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures import options
from scripts.figures.style import GREY, PALETTE, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.corpus import TRIPLES
from scripts.lib.schemas.statistics import GAPS
from scripts.lib.tables import read_table

METRICS = {
    "gap_days_last": "between the files' most recent commits",
    "gap_days_first": "between the files' first commits",
}
RESAMPLED = {"rows": "triples", "clusters": "files"}
BIN_DAYS = 30
EXAMPLE = (
    "python -m scripts.figures.gaps --triples triples.parquet --gaps gaps.parquet"
    " --source NVIDIA_H100_80GB_HBM3 --target AMD_Instinct_MI300X"
    " --out-png gaps.png --out-svg gaps.svg"
)


def draw(triples: pd.DataFrame, gaps: pd.DataFrame, source: str, target: str) -> Figure:
    """Two panels that share their axis of days; InputError if the pair has no triple."""
    rows = triples[(triples["source"] == source) & (triples["target"] == target)]
    means = gaps[(gaps["source"] == source) & (gaps["target"] == target)].set_index("metric")
    if rows.empty or means.empty:
        raise InputError(f"triples: none for {source} -> {target}; name a pair of the corpus")
    drawn, axes = figure(2, 1, width=7.2, height=5.0, sharex=True, sharey=True)
    low = np.floor(rows[list(METRICS)].min().min() / BIN_DAYS) * BIN_DAYS
    high = np.ceil(rows[list(METRICS)].max().max() / BIN_DAYS) * BIN_DAYS
    estimates: dict[Any, dict[Any, Any]] = means.to_dict("index")
    edges = [float(day) for day in np.arange(low, high + BIN_DAYS, BIN_DAYS)]
    for axis, colour, (metric, label) in zip(axes, PALETTE, METRICS.items(), strict=False):
        axis.hist(rows[metric], bins=edges, color=colour, alpha=0.75, edgecolor="white")
        _mean(axis, estimates[metric])
        axis.set(ylabel="triples", title=label)
    axes[-1].set_xlabel(f"days ({BIN_DAYS} per bar; positive: target after source)")
    drawn.suptitle(
        f"{short_name(source)} → {short_name(target)}: {means['triples'].iloc[0]} triples,"
        f" {means['file_pairs'].iloc[0]} pairs of files",
        fontsize=11,
    )
    return drawn


def _mean(axis: Axes, estimate: dict[Any, Any]) -> None:
    mean, low, high = estimate["mean"], estimate["low"], estimate["high"]
    unit = RESAMPLED[estimate["ci_by"]]
    axis.axvspan(low, high, color=GREY, alpha=0.18, linewidth=0)
    axis.axvline(mean, color="black", linewidth=1.2)
    text = f"mean {mean:.1f} days\ninterval {low:.1f} to {high:.1f} ({unit} resampled)"
    axis.annotate(text, (0.99, 0.97), xycoords="axes fraction", fontsize=9, ha="right", va="top")


def main(argv: list[str] | None = None) -> int:
    """Read triples and gaps, draw one pair, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--triples", type=Path, required=True, help="triples of the corpus")
    parser.add_argument("--gaps", type=Path, required=True, help="mean gaps of all pairs")
    parser.add_argument("--source", required=True, help="source GPU")
    parser.add_argument("--target", required=True, help="target GPU")
    arguments = parser.parse_args(argv)

    def body() -> None:
        drawn = draw(
            read_table(arguments.triples, TRIPLES),
            read_table(arguments.gaps, GAPS),
            arguments.source,
            arguments.target,
        )
        save(drawn, arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
