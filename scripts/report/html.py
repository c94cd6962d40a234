"""The results as one self-contained HTML page: figures inside, tables to search and to sort."""

from __future__ import annotations

import argparse
import base64
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_json, write_text
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.gains import GAINS
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.losses import LOSSES
from scripts.lib.schemas.measured import CELLS
from scripts.lib.schemas.recorded import COVERAGE
from scripts.lib.schemas.revalidation import REVALIDATION
from scripts.lib.schemas.search import SEARCH_CHOICES, SEARCH_RATES
from scripts.lib.schemas.sim import SIM_CELLS, TRIPLES_PREDICTED
from scripts.lib.schemas.space import TRIPLES_LEGALITY
from scripts.lib.schemas.statistics import PAIRWISE
from scripts.lib.tables import read_table
from scripts.report import matrices
from scripts.report.origins import sources
from scripts.report.rendering import render
from scripts.report.results_md import CONSTANTS, read_summary
from scripts.report.rows import Browsable, browse

# figure -> caption; the file's stem names the figure.
CAPTIONS = {
    "transferred": "Configs copied from other GPUs against the committed one, a point a triple.",
    "classes": "Wins, ties and losses against the committed config, by class of cells.",
    "curves": "Regret of the best config so far against the number of trials.",
    "searches": "Regret of S1-S8, of the baselines, and with one strategy switched off, against the"
    " number of trials and against GPU seconds: mean over all complete cells.",
    "live": "S1-S8 on the GPU itself against the committed config, by source GPU and by number"
    " formats.",
    "sim": "Left: predicted against measured latency. Right: share of cells by the regret of the"
    " best among the first predicted.",
    "spread": "Differences of the same config with itself: within seconds, along a cell, on another"
    " machine.",
    "headroom": "Committed over best latency, in interleaved pairs, against tokens.",
    "legality": "Share of one GPU's committed configs that are legal on another.",
    "cost": "Seconds to tune one config file, here and by the published method.",
    "gaps": "Days from the source's config file to the target's.",
}
TABLES = {
    "pairwise": (PAIRWISE, "finalists compared"),
    "cells": (CELLS, "measured cells"),
    "coverage": (COVERAGE, "cells with a committed config, measured or not"),
    "gains": (GAINS, "best of the configs tried, cell by cell"),
    "triples-legality": (TRIPLES_LEGALITY, "legality of triples whose target is absent"),
    "triples-predicted": (TRIPLES_PREDICTED, "predictions of the same triples"),
    "losses": (LOSSES, "where the best other config stays behind"),
    "revalidation": (REVALIDATION, "which verdicts a second recording repeats"),
    "search-rates": (SEARCH_RATES, "regret of every search, replayed"),
    "search-choices": (SEARCH_CHOICES, "what S1-S8 chose in the end"),
    "live": (LIVE, "what each search on the GPU chose"),
    "sim-cells": (SIM_CELLS, "how the simulator orders the configs of each cell"),
}
EXAMPLE = """example:
  python -m scripts.report.html --summary results/summary.json \\
      --pairwise results/tables/pairwise.parquet \\
      --cells data/recorded/measured/nvidia_h200-bf16/cells.parquet \\
      --coverage results/tables/coverage.parquet --gains results/tables/gains.parquet \\
      --triples-legality results/tables/triples_legality.parquet \\
      --triples-predicted results/tables/triples_predicted.parquet \\
      --losses results/tables/losses.parquet \\
      --revalidation results/tables/revalidation.parquet \\
      --search-rates results/tables/search_rates.parquet \\
      --search-choices results/tables/search_choices.parquet \\
      --live results/tables/live.parquet \\
      --sim-cells results/tables/sim_cells.parquet --gate results/tables/gate.json \\
      --quoted results/tables/rates.parquet results/tables/quality.parquet \\
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


def page(
    summary: dict[str, Any],
    figures: list[dict[str, str]],
    browsable: Browsable,
    gate: dict[str, Any],
    sources: list[dict[str, str]],
    constants: Mapping[str, Any] = CONSTANTS,
) -> str:
    """The page as HTML text; InputError if the summary lacks what it quotes.

    ``gate``: the claim gate's verdict. ``sources``: the tables, see scripts.report.origins.
    """
    return render(
        "report.html.j2",
        escape=True,
        summary=summary,
        figures=figures,
        outcomes=[str(outcome) for outcome in Outcome],
        cells=browsable.cells,
        covered=browsable.covered,
        triples=browsable.triples,
        predicted=browsable.predicted,
        losses=browsable.losses,
        unsettled=browsable.unsettled,
        searched=browsable.searched,
        chosen=browsable.chosen,
        live=browsable.live,
        readings={name: matrices.readings(found) for name, found in summary["sim"].items()},
        guardrails=matrices.guardrails(summary["guardrails"]),
        gate=gate,
        sources=sources,
        **constants,
    )


def main(argv: list[str] | None = None) -> int:
    """Read summary, tables and figures, render, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--summary", type=Path, required=True, help="results as JSON")
    for name, (_, text) in TABLES.items():
        parser.add_argument(f"--{name}", type=Path, required=True, help=text)
    parser.add_argument("--gate", type=Path, required=True, help="verdict of the claim gate")
    parser.add_argument("--quoted", type=Path, nargs="+", required=True, help="tables to hash")
    parser.add_argument("--figures", type=Path, nargs="+", required=True, help="SVG files")
    parser.add_argument("--out", type=Path, required=True, help="HTML file to write")
    arguments = parser.parse_args(argv)

    def body() -> None:
        given = {name: getattr(arguments, name.replace("-", "_")) for name in TABLES}
        frames = {name: read_table(given[name], table) for name, (table, _) in TABLES.items()}
        tables = [path for path in given.values() if "recorded" not in path.parts]
        browsable = browse(frames)
        figures = inline_figures(arguments.figures)
        summary, gate = read_summary(arguments.summary), read_json(arguments.gate)
        quoted = sources([arguments.gate, *arguments.quoted, *tables])
        write_text(arguments.out, page(summary, figures, browsable, gate, quoted))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
