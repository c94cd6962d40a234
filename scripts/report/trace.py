"""Where every number of the results and README.md comes from: path in the summary, table, command.

The pages are rendered again from values that know their place (scripts.report.traced), the
sentences of the summary made again from its figures. A finding is: a line that differs from what
is rendered; a number that somebody typed, in a template or in prose, unless scripts.report.allowed
has its phrase; a figure of which nobody says where it comes from (scripts.report.origins); a
section of the results that shows a table's figures and does not name it with its command.

Exit status: 0 all traced; 1 findings; 2 bad input.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import Any

from scripts.lib import command_line
from scripts.lib.device import devices, short_name
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.report.allowed import ALLOWED
from scripts.report.beginnings import headline
from scripts.report.numerals import Printed, phrase_pattern, printed, typed
from scripts.report.origins import origins
from scripts.report.readme import with_figures
from scripts.report.results_md import FIRST, pages, read_summary
from scripts.report.section import Origin, Summary
from scripts.report.sections import WORDS
from scripts.report.sentences import make_claims, make_readings
from scripts.report.traced import traced, unmarked

RESULTS, SUMMARY = Path("results/RESULTS.md"), Path("results/summary.json")
# Sections whose sentences restate figures of the others; the claims bring their commands.
RESTATE = ("Claims", "Reading them", "What was found", "What is measured, and what is not")
EXAMPLE = """examples:
  graphx trace
  graphx trace --list | grep RESULTS.md:95
  python -m scripts.report.trace --summary results/summary.json --list --json"""


@dataclass(frozen=True)
class Page:
    """A page of the repository: its path, its text, and the same rendered with marks."""

    path: Path
    text: str
    rendered: str


def traced_summary(summary: Summary) -> Summary:
    """The summary with its places, its sentences made again from them."""
    known: Summary = traced(summary)
    about = headline(summary["claims"])
    return known | {"claims": make_claims(known, about), "readings": make_readings(known, about)}


def sentences_differ(summary: Summary, known: Summary) -> Iterator[str]:
    """Sentences of the summary that its figures do not make."""
    both = {
        "claims": [[claim["sentence"] for claim in side["claims"]] for side in (summary, known)],
        "readings": [summary["readings"], known["readings"]],
    }
    for name, (said, made) in both.items():
        for number, (one, other) in enumerate(zip_longest(said, made, fillvalue="")):
            if one != unmarked(other):
                yield f"summary: {name}/{number}: {one!r}: the figures make {unmarked(other)!r}"


def read_pages(known: Summary, results: Path, readme: Path) -> list[Page]:
    """All pages, rendered again, README last; InputError names one that could not be read."""
    rendered = pages(known, traced(WORDS))
    paths = {results if name == FIRST else results.parent / name: name for name in rendered}
    found = [Page(path, _text(path), rendered[name]) for path, name in paths.items()]
    text = _text(readme)
    return [*found, Page(readme, text, with_figures(text, known))]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: could not be read ({error})") from error


def names(summary: Summary) -> set[str]:
    """Names with digits in them: GPUs, and the keys of the summary, both also as pages say them."""
    found = {name for device in devices() for name in (device, short_name(device))}
    keys = {key for key in _keys(summary) if re.search(r"[A-Za-z]", key)}
    return found | keys | {key.replace("_", " ") for key in keys}


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for part in value.values():
            yield from _keys(part)


def find(pages: Iterable[Page], known: set[str]) -> Iterator[str]:
    """Findings of each page by its line, see the module."""
    unused = dict(ALLOWED)
    for one in pages:
        yield from _edited(one)
        for number in typed(one.rendered, known, ALLOWED):
            yield (
                f"{one.path}:{number.line}: {number.text}: comes from no figure of the summary:"
                f" {number.context!r}"
            )
        for figure in printed(one.rendered):
            where = f"{one.path}:{figure.line}: {figure.text}"
            for place in (place for place in figure.places if not origins(place)):
                yield f"{where}: {place} has no origin; name its table"
        unused = {p: why for p, why in unused.items() if not phrase_pattern(p).search(one.text)}
    yield from (f"scripts/report: {phrase!r}: allowed, but stands on no page" for phrase in unused)


def _edited(one: Page) -> Iterator[str]:
    """Lines of a page that are others than those made; a line more or less moves no other."""
    there, made = one.text.splitlines(), unmarked(one.rendered).splitlines()
    if there == made:
        return
    for kind, start, end, first, last in SequenceMatcher(None, there, made, False).get_opcodes():
        if kind != "equal":
            apart = zip_longest(there[start:end], made[first:last], fillvalue="")
            for number, (said, wanted) in enumerate(apart, start=start + 1):
                yield f"{one.path}:{number}: {said!r}: the summary makes {wanted!r}"


def unnamed(results: Page) -> Iterator[str]:
    """Sections of the results with figures of a table that they do not name with its command."""
    starts = [match.start() for match in re.finditer(r"^## ", results.rendered, re.MULTILINE)]
    for start, end in zip(starts, [*starts[1:], len(results.rendered)], strict=True):
        section = results.rendered[start:end]
        title = unmarked(section).splitlines()[0].removeprefix("## ")
        if title in RESTATE:
            continue
        text = " ".join(unmarked(section).split())
        for origin in sorted(_shown(printed(section)), key=lambda origin: origin.file):
            for needed in (origin.name, origin.command):
                if needed and needed not in text:
                    yield f"{results.path}: section {title!r}: shows {origin.name}, lacks {needed}"


def _shown(figures: Iterable[Printed]) -> set[Origin]:
    return {
        origin
        for figure in figures
        for place in figure.places
        for origin in origins(place)
        if origin.command
    }


def listed(one: Page) -> Iterator[dict[str, Any]]:
    """Each figure of a page: where it stands, its text, its paths, tables and commands."""
    for figure in printed(one.rendered):
        paths = sorted(figure.places)
        found = [origin for path in paths for origin in origins(path)]
        files = dict.fromkeys(origin.file for origin in found)
        commands = dict.fromkeys(origin.command or "" for origin in found)
        yield {
            "place": f"{one.path}:{figure.line}",
            "text": figure.text,
            "paths": paths,
            "files": list(files),
            "commands": list(commands),
        }


def _as_text(figure: Mapping[str, Any]) -> str:
    return "\t".join(", ".join(one) if isinstance(one, list) else one for one in figure.values())


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--summary", type=Path, default=SUMMARY, help=f"results as JSON (default: {SUMMARY})")
    add("--results", type=Path, default=RESULTS, help=f"default: {RESULTS}")
    add("--readme", type=Path, default=Path("README.md"), help="default: README.md")
    add("--list", action="store_true", help="print each figure and its origin")
    add("--json", action="store_true", help="with --list: as JSON")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    arguments = make_parser().parse_args(argv)
    findings: list[str] = []

    def body() -> None:
        summary = read_summary(arguments.summary)
        known = traced_summary(summary)
        every = read_pages(known, arguments.results, arguments.readme)
        findings.extend(sentences_differ(summary, known))
        findings.extend(find(every, names(summary)))
        findings.extend(finding for one in every[:-1] for finding in unnamed(one))
        for finding in findings:
            print(finding, file=sys.stderr)
        if arguments.list:
            rows = [figure for one in every for figure in listed(one)]
            print(json.dumps(rows, indent=2) if arguments.json else "\n".join(map(_as_text, rows)))

    return run_main(body, lambda: int(bool(findings)))


if __name__ == "__main__":
    sys.exit(main())
