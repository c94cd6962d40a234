"""The results page in Markdown, from the summary alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_json, write_text
from scripts.lib.log import run_main
from scripts.lib.schemas.headline import LEAST_FILES
from scripts.report import elsewhere, live_words, matrices, search_words, sim_words, wording
from scripts.report.correctness_section import LIMIT
from scripts.report.live_section import source_rows
from scripts.report.rendering import render
from scripts.report.search_details import not_ahead
from scripts.report.search_readings import worth
from scripts.report.traced import count

SECTIONS = {
    "breakdowns",
    "claims",
    "corpus",
    "correctness",
    "cost",
    "coverage_study",
    "guardrails",
    "headline",
    "ledger",
    "legality",
    "live",
    "live_details",
    "losses",
    "many_pairs",
    "measured",
    "provenance",
    "published",
    "readings",
    "repeat",
    "revalidation",
    "search",
    "search_details",
    "sim",
    "space",
    "space_sample",
    "statistics",
    "transfer",
    "triples",
    "tuned",
}
# Where the compiled binaries are recorded: dozens of tables, counted rather than listed.
COMPILED = "data/recorded/space/"
BUDGETS = ("1", "8", "128")
CONSTANTS = {
    "elsewhere": elsewhere,
    "live_words": live_words,
    "search_words": search_words,
    "sim_words": sim_words,
    "spread_words": wording.SPREAD,
    "classes": wording.CLASSES,
    "causes": wording.CAUSES,
    "published": wording.published,
    "least_files": LEAST_FILES,
    "gap_pair": elsewhere.GAP_PAIR,
    "limit": LIMIT,
}
EXAMPLE = """example:
  python -m scripts.report.results_md --summary results/summary.json --out results/RESULTS.md"""


def transfer_rows(
    strategies: dict[str, Any], budgets: tuple[str, ...]
) -> list[tuple[str, str, dict[str, Any]]]:
    """Strategy, K in words and figures; a strategy that no budget changes has one row."""
    rows = []
    for strategy, by_budget in strategies.items():
        first, *_ = figures = list(by_budget.values())
        if all(entry == first for entry in figures):
            rows.append((strategy, "any", first))
            continue
        rows += [(strategy, k, by_budget[k]) for k in sorted(by_budget, key=int) if k in budgets]
    return rows


def page(
    summary: dict[str, Any],
    budgets: tuple[str, ...] = BUDGETS,
    constants: Mapping[str, Any] = CONSTANTS,
) -> str:
    """The page as Markdown text; InputError if the summary lacks what it quotes.

    ``constants``: what is no result, by name. Numbers of a template come from it or the summary.
    """
    datasets = summary["provenance"]["datasets"]
    return render(
        "RESULTS.md.j2",
        escape=False,
        summary=summary,
        rows={name: transfer_rows(pair, budgets) for name, pair in summary["transfer"].items()},
        spaces=matrices.spaces(summary["space"]),
        sample=matrices.sample(summary["space_sample"]),
        legality=matrices.legality(summary["legality"]),
        correctness=matrices.checked(summary["correctness"]),
        cases=matrices.cases(summary["correctness"]),
        readings={name: matrices.readings(found) for name, found in summary["sim"].items()},
        not_ahead=not_ahead(summary["search"]),
        worth=worth,
        source_rows=source_rows,
        **constants,
        guardrails=matrices.guardrails(summary["guardrails"]),
        datasets={path: digest for path, digest in datasets.items() if COMPILED not in path},
        compiled=count([path for path in datasets if COMPILED in path]),
        compiled_folder=COMPILED,
    )


def read_summary(path: Path) -> dict[str, Any]:
    """Read a summary; InputError if it is not one."""
    summary: dict[str, Any] = read_json(path)
    missing = SECTIONS - set(summary) if isinstance(summary, dict) else SECTIONS
    if missing:
        raise InputError(
            f"{path}: is no summary, it lacks {', '.join(sorted(missing))};"
            " make it with scripts.report.summary"
        )
    return summary


def main(argv: list[str] | None = None) -> int:
    """Read the summary, render, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--summary", type=Path, required=True, help="results as JSON")
    parser.add_argument("--out", type=Path, required=True, help="Markdown file to write")
    arguments = parser.parse_args(argv)

    def body() -> None:
        write_text(arguments.out, page(read_summary(arguments.summary)))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
