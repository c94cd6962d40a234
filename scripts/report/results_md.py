"""The results page in Markdown, from the summary alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_json, write_text
from scripts.lib.log import run_main
from scripts.report.rendering import render_page
from scripts.report.sections import SECTIONS, WORDS

# Keys of the summary: those of the sections, and what is said of them.
KEYS = {"claims", "readings"} | {
    path.partition("/")[0]
    for section in SECTIONS
    for path in section.origins
    if path not in section.words
} - {"gpus"}  # of others than the first
EXAMPLE = """example:
  python -m scripts.report.results_md --summary results/summary.json --out results/RESULTS.md"""


def page(summary: dict[str, Any], words: Mapping[str, Any] = WORDS) -> str:
    """The page as Markdown text; InputError if the summary lacks what it quotes.

    ``words``: what is no result, by name. Numbers of a template come from it or the summary.
    """
    return render_page("RESULTS.md.j2", SECTIONS, summary, words, escape=False)


def read_summary(path: Path) -> dict[str, Any]:
    """Read a summary; InputError if it is not one."""
    summary: dict[str, Any] = read_json(path)
    missing = KEYS - set(summary) if isinstance(summary, dict) else KEYS
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
