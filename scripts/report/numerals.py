"""The numbers of a page in Markdown: those that a template printed, and those that somebody typed.

Code, links' targets and comments are no text; a word that begins with a letter (``H100``,
``fp8_w8a8``, ``S1``) and a given name are names. Everything else with a digit is a number, and so
are the words from two to twelve, for "after three kills" is a figure too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from scripts.claims.sentences import NUMBER
from scripts.report.traced import MARK, Places, marked_places, unmarked

_NO_TEXT = re.compile(
    r"^(?P<fence>```|~~~).*?^(?P=fence)[ \t]*$|<!--.*?-->|`[^`\n]*`|\]\([^)\n]*\)|<[^>\n]+>",
    re.DOTALL | re.MULTILINE,
)
_NAME = re.compile(r"(?<![\w.,-])[A-Za-z_]\w*(?:-\w*[A-Za-z]\w*)*")
_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b", re.IGNORECASE
)
_NUMERAL = re.compile(rf"{NUMBER}%?")


@dataclass(frozen=True)
class Printed:
    """A figure that a template printed: its line (from 1), its text, the places it comes from."""

    line: int
    text: str
    places: Places


@dataclass(frozen=True)
class Typed:
    """A number without a place: its line (from 1), and that line as it is read."""

    line: int
    text: str
    context: str


def _line_of(text: str) -> Callable[[int], int]:
    """Line of a position, from 1."""
    ends = [match.start() for match in re.finditer("\n", text)]
    return lambda position: bisect_left(ends, position) + 1


def _blank(match: re.Match[str]) -> str:
    """A blank of as many lines as what it stands for."""
    return " " + "\n" * match[0].count("\n")


def printed(page: str) -> list[Printed]:
    """All marked figures of a rendered page that hold a digit, code and links included."""
    line = _line_of(page)
    return [
        Printed(line(match.start()), match[2], marked_places(match))
        for match in MARK.finditer(page)
        if re.search(r"\d", match[2])
    ]


def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """The phrase wherever its lines break, between things that are no part of a number."""
    words = r"\s+".join(map(re.escape, phrase.split()))
    before = r"(?<![\w.,])" if phrase[0].isalnum() else ""
    after = r"(?!\w|[.,]\d)" if phrase[-1].isalnum() else ""
    return re.compile(before + words + after)


def typed(page: str, names: Iterable[str], phrases: Iterable[str]) -> Iterator[Typed]:
    """Numbers of a page that have no mark, stand in no allowed phrase and are no name."""
    lines = unmarked(page).splitlines()
    text = _NO_TEXT.sub(_blank, MARK.sub(_blank, page))
    for phrase in sorted(phrases, key=len, reverse=True):
        text = phrase_pattern(phrase).sub(_blank, text)
    odd = {name for name in names if re.search(r"\d", name) and not _NAME.fullmatch(name)}
    known = sorted(odd, key=len, reverse=True)
    if known:
        pattern = "|".join(map(re.escape, known))
        text = re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", _blank, text)
    text = _NAME.sub(_word_or_blank, text)
    line = _line_of(text)
    for match in re.finditer(f"{_NUMERAL.pattern}|{_WORD.pattern}", text, re.IGNORECASE):
        at = line(match.start())
        yield Typed(at, match[0].rstrip(","), lines[at - 1].strip())


def _word_or_blank(match: re.Match[str]) -> str:
    return match[0] if _WORD.fullmatch(match[0]) else _blank(match)
