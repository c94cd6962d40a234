"""The results as one self-contained HTML page: figures inside, tables to search and to sort."""

from __future__ import annotations

import argparse
import base64
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.files import InputError, write_text
from scripts.lib.log import run_main
from scripts.lib.schemas.measured import CELLS
from scripts.lib.schemas.statistics import PAIRWISE
from scripts.lib.tables import read_table
from scripts.report.rendering import render
from scripts.report.results_md import read_summary

# figure -> caption; the file's stem names the figure.
CAPTIONS = {
    "transferred": "Configs copied from other GPUs against the committed one, one point per cell.",
    "curves": "Regret of the best config so far against the number of trials.",
    "headroom": "Committed over best latency, in interleaved pairs, against tokens.",
    "gaps": "Days from the source's config file to the target's.",
}
EXAMPLE = """example:
  python -m scripts.report.html --summary results/summary.json \\
      --pairwise results/tables/pairwise.parquet \\
      --cells data/recorded/measured/nvidia_h200-bf16/cells.parquet \\
      --figures results/figures/curves.svg results/figures/gaps.svg \\
      --out results/report.html"""


def inline_figures(paths: list[Path]) -> list[dict[str, str]]:
    """SVG files as data URIs with their captions, in the order of ``CAPTIONS``."""
    by_stem = {path.stem: path for path in paths}
    unknown = sorted(set(by_stem) - set(CAPTIONS))
    if unknown:
        raise InputError(f"figure {unknown[0]} has no caption; known: {', '.join(CAPTIONS)}")
    figures = []
    for stem in (name for name in CAPTIONS if name in by_stem):
        try:
            content = by_stem[stem].read_bytes()
        except OSError as error:
            raise InputError(f"{by_stem[stem]}: could not be read; draw the figures") from error
        data = base64.b64encode(content).decode("ascii")
        figures.append(
            {"name": stem, "caption": CAPTIONS[stem], "uri": f"data:image/svg+xml;base64,{data}"}
        )
    return figures


def cell_rows(cells: pd.DataFrame, pairwise: pd.DataFrame) -> list[dict[Any, Any]]:
    """One row per measured cell: the committed config and the best one, as paired."""
    best = pairwise[pairwise["best"]].set_index("cell_id")
    ties = pairwise[pairwise["tie"]].groupby("cell_id")["config_id"].nunique()
    rows = cells.set_index("cell_id").sort_values(["E", "N", "K", "top_k", "tokens"])
    rows["best_id"] = best["config_id"]
    rows["best_us"] = best["median_us"]
    rows["ratio"] = best["committed_ratio"]
    rows["low"], rows["high"] = best["committed_low"], best["committed_high"]
    rows["ties"] = ties
    rows = rows.astype(object)
    return rows.where(rows.notna(), None).reset_index().to_dict("records")


def page(
    summary: dict[str, Any], figures: list[dict[str, str]], cells: list[dict[Any, Any]]
) -> str:
    """The page as HTML text; InputError if the summary lacks what it quotes."""
    return render("report.html.j2", escape=True, summary=summary, figures=figures, cells=cells)


def main(argv: list[str] | None = None) -> int:
    """Read summary, tables and figures, render, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--summary", type=Path, required=True, help="results as JSON")
    parser.add_argument("--pairwise", type=Path, required=True, help="finalists compared")
    parser.add_argument("--cells", type=Path, required=True, help="measured cells")
    parser.add_argument("--figures", type=Path, nargs="+", required=True, help="SVG files")
    parser.add_argument("--out", type=Path, required=True, help="HTML file to write")
    arguments = parser.parse_args(argv)

    def body() -> None:
        cells = cell_rows(
            read_table(arguments.cells, CELLS), read_table(arguments.pairwise, PAIRWISE)
        )
        figures = inline_figures(arguments.figures)
        write_text(arguments.out, page(read_summary(arguments.summary), figures, cells))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
