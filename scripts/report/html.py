"""The results as one self-contained HTML page: figures inside, tables to search and to sort."""

from __future__ import annotations

import base64
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.lib import command_line
from scripts.lib.files import InputError, write_text
from scripts.lib.log import run_main
from scripts.report.beginnings import beginning
from scripts.report.origins import sources
from scripts.report.packing import packed
from scripts.report.rendering import render_page
from scripts.report.results_md import read_summary
from scripts.report.section import Frames, read_files
from scripts.report.sections import BY_TOPIC, CAPTIONS, ROWS, SECTIONS, WORDS, page_sources

EXAMPLE = """example, shortened at …:
  python -m scripts.report.html --summary results/summary.json \\
      --tables results/tables/statistics/pairwise.parquet … \\
      data/recorded/measured/nvidia_h200-bf16/cells.parquet \\
      --quoted results/tables/statistics/rates.parquet results/tables/statistics/quality.parquet \\
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


def browse(read: Frames) -> dict[str, Any]:
    """The rows of each long table, from what the page's sources hold."""
    return {
        name: rows.make(*(read[table.name] for table in rows.tables)) for name, rows in ROWS.items()
    }


def page(
    summary: dict[str, Any],
    figures: list[dict[str, str]],
    rows: Mapping[str, Any],
    sources: list[dict[str, str]],
    words: Mapping[str, Any] = WORDS,
) -> str:
    """The page as HTML text; InputError if the summary lacks what it quotes.

    ``rows``: see ``browse``. ``sources``: the tables, see scripts.report.origins.
    """
    begins = {one.name: beginning(one, summary) for one in SECTIONS}
    given = {**words, **rows, "figures": figures, "sources": sources, "begins": begins}
    return render_page("report.html.j2", BY_TOPIC, summary, given, escape=True)


def main(argv: list[str] | None = None) -> int:
    """Read summary, tables and figures, render, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--summary", type=Path, required=True, help="results as JSON")
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help="tables to browse")
    parser.add_argument("--quoted", type=Path, nargs="+", required=True, help="tables to hash")
    parser.add_argument("--figures", type=Path, nargs="+", required=True, help="SVG files")
    parser.add_argument("--out", type=Path, required=True, help="HTML file to write")
    arguments = parser.parse_args(argv)

    def body() -> None:
        rows = browse(read_files(arguments.tables, page_sources()))
        figures = inline_figures(arguments.figures)
        derived = [path for path in arguments.tables if "recorded" not in path.parts]
        summary = read_summary(arguments.summary)
        quoted = sources([*arguments.quoted, *derived])
        write_text(arguments.out, packed(page(summary, figures, rows, quoted)))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
