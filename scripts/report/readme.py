"""Put the measured figures of the summary into README.md, between its two markers.

README.md is written by hand and not rebuilt; a test holds this part equal to what is rendered.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from scripts.lib import command_line
from scripts.lib.files import InputError, write_text
from scripts.lib.log import run_main
from scripts.report.rendering import render
from scripts.report.results_md import read_summary
from scripts.report.sections import cost
from scripts.report.sections.first import grouped
from scripts.report.sections.margins import SOURCES, level
from scripts.report.sections.teaching import SHORT, added, helped

BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"
TAUGHT = {
    "S1-S8": "S1-S8, from one source GPU",
    "S1-S8, no source": "S1-S8, from none",
    "S1-S8, stops": "from one, ending by itself",
    "S6": "the predictor's order alone",
}
AS_LIVE = {"S1-S8, stops": "S1-S8, from one source GPU", "S1-S8, no source, stops": "from none"}
SEARCHES = {
    "Optuna TPE": "Optuna, TPE",
    "cold Bayesian": "Bayesian, knowing nothing",
    "random": "random",
}


def figures(summary: dict[str, Any]) -> str:
    """The part between the markers."""
    return render(
        "README.figures.md.j2",
        escape=False,
        summary=summary,
        sources=SOURCES,
        worth=grouped(summary)["worth"],
        searches=SEARCHES,
        taught_searches=TAUGHT,
        teachings=SHORT,
        found_taught=summary["teaching"][summary["first_gpu"]],
        as_live=AS_LIVE,
        source_adds=added,
        source_helps=helped,
        margin=level(summary["statistics"]["margin"]),
        **{name: cost.SECTION.words[name] for name in ("cost_sides", "cost_factor")},
    )


def with_figures(readme: str, summary: dict[str, Any]) -> str:
    """The page with its figures replaced; InputError if it lacks the markers."""
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise InputError(f"README.md: lacks the lines {BEGIN.strip()} and {END.strip()}")
    return f"{head}{begin}{figures(summary)}{end}{tail}"


def main(argv: list[str] | None = None) -> int:
    """Read the summary, replace the figures, write the page."""
    parser = command_line.parser(
        __doc__,
        "example:\n  python -m scripts.report.readme --summary results/summary.json"
        " --readme README.md",
    )
    parser.add_argument("--summary", type=Path, required=True, help="results as JSON")
    parser.add_argument("--readme", type=Path, required=True, help="page to change")
    arguments = parser.parse_args(argv)

    def body() -> None:
        text = arguments.readme.read_text(encoding="utf-8")
        write_text(arguments.readme, with_figures(text, read_summary(arguments.summary)))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
