"""The results in Markdown, from the summary alone: a page to begin with, and one for each section."""  # noqa: E501

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.lib import command_line
from scripts.lib.files import InputError, read_json, write_text
from scripts.lib.log import run_main
from scripts.report.beginnings import beginning
from scripts.report.rendering import render_page
from scripts.report.sections import BY_TOPIC, DETAILS, SECTIONS, TOPICS, WORDS

FIRST = "RESULTS.md"
# Keys of the summary: those of the sections, and what is said of them.
KEYS = {"claims", "readings"} | {
    path.partition("/")[0]
    for section in SECTIONS
    for path in section.origins
    if path not in section.words
} - {"gpus"}  # of others than the first
EXAMPLE = """example:
  python -m scripts.report.results_md --summary results/summary.json --out results/RESULTS.md"""


def pages(summary: dict[str, Any], words: Mapping[str, Any] = WORDS) -> dict[str, str]:
    """Path -> text in Markdown of the first page and its details, as they lie in one folder.

    ``words``: what is no result, by name. Numbers of a template come from it or the summary.
    InputError if the summary lacks what a page quotes.
    """
    try:
        return _pages(summary, words)
    except KeyError as error:  # what a template wants and lacks is told by ``render``
        raise InputError(
            f"summary: lacks {error}, which pages of this version tell; build it again: make"
        ) from error


def _pages(summary: dict[str, Any], words: Mapping[str, Any]) -> dict[str, str]:
    topics = {name: topic for topic, names in TOPICS.items() for name in names}
    given = {**words, "details": DETAILS}
    found = {FIRST: render_page("RESULTS.md.j2", BY_TOPIC, summary, given, escape=False)}
    for section in (one for one in SECTIONS if one.name in DETAILS):
        name = section.name
        begins = beginning(section, summary)
        given = {**words, "section": section, "topic": topics[name], "begins": begins}
        text = render_page("detail.md.j2", BY_TOPIC, summary, given, escape=False)
        # Figures lie beside the first page.
        found[f"details/{name}.md"] = text.replace("](figures/", "](../figures/")
    return found


def page(summary: dict[str, Any], words: Mapping[str, Any] = WORDS) -> str:
    """All of ``pages`` as one text."""
    return "\n".join(pages(summary, words).values())


def read_summary(path: Path) -> dict[str, Any]:
    """Read a summary; InputError if it is not one."""
    summary: dict[str, Any] = read_json(path)
    missing = KEYS - set(summary) if isinstance(summary, dict) else KEYS
    if missing:
        first, *more = sorted(missing)
        others = f" and {len(more)} more of its keys" if more else ""
        raise InputError(
            f"{path}: is no summary of this version, it lacks {first}{others}; build it: make"
        )
    return summary


def main(argv: list[str] | None = None) -> int:
    """Read the summary, render, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--summary", type=Path, required=True, help="results as JSON")
    parser.add_argument("--out", type=Path, required=True, help="first page; details go beside it")
    arguments = parser.parse_args(argv)

    def body() -> None:
        found = pages(read_summary(arguments.summary))
        (arguments.out.parent / "details").mkdir(parents=True, exist_ok=True)
        for path, text in found.items():
            write_text(arguments.out if path == FIRST else arguments.out.parent / path, text)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
