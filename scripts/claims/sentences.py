"""G5 and F2: no sentence says more than its interval, none is stronger than its win rate allows.

Every estimate in a sentence, written ``28.1% (20.0–36.5)``, must be a figure of the summary, to the
last printed digit, and lie within its own interval. A bound ("at least", "under", …) must not go
beyond the interval of the estimate before it. A claim must be about the figure at its metric, with
its interval and its n. Strong words are for claims of a strategy whose strong form is on
(scripts.claims.strong).

Exit status: 0 nothing found; 1 a sentence goes too far; 2 bad input.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.claims.strong import RULE as F2_RULE
from scripts.claims.strong import STRONG
from scripts.lib import command_line
from scripts.lib.files import InputError, read_json
from scripts.lib.log import run_main

Summary = Mapping[str, Any]
RULE = "no sentence goes beyond the bound of its interval"
COMMAND = "python -m scripts.claims.sentences --summary results/summary.json"
EXAMPLE = f"example: {COMMAND} --page results/RESULTS.md README.md"
NUMBER = r"-?\d[\d,]*(?:\.\d+)?"
_ESTIMATE = re.compile(
    rf"(?<![\w.])({NUMBER})(%?)(?: times that)? \(({NUMBER})(?:–| to )({NUMBER})[);]"
)
_AT_LEAST = r"at least|no less than|more than|at or over|≥"
_AT_MOST = r"at most|no more than|less than|fewer than|at or under|≤"
_BOUND = re.compile(rf"\b(?:({_AT_LEAST})|({_AT_MOST})) ({NUMBER})(%?)", re.IGNORECASE)
_RANGES = (("smallest", "largest"), ("min", "max"))


@dataclass(frozen=True)
class Estimate:
    """An estimate as it is written: its texts, whether in per cent, where it ends."""

    mean: str
    low: str
    high: str
    per_cent: bool
    end: int

    def prints(self, figure: Mapping[str, Any]) -> bool:
        """Whether this is what a figure looks like at the digits shown."""
        scale = 100 if self.per_cent else 1
        values = (figure["mean"], *figure["ci"])
        texts = (self.mean, self.low, self.high)
        return all(
            value is not None and _printed(value * scale, text) == text.replace(",", "")
            for value, text in zip(values, texts, strict=True)
        )

    def __str__(self) -> str:
        return f"{self.mean}{'%' * self.per_cent} ({self.low}–{self.high})"


def _printed(value: float, like: str) -> str:
    return f"{value:.{len(like.partition('.')[2])}f}"


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def estimates(sentence: str) -> list[Estimate]:
    """All estimates with an interval that a sentence holds."""
    return [
        Estimate(match[1], match[3], match[4], bool(match[2]), match.end())
        for match in _ESTIMATE.finditer(sentence)
    ]


def figures(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every estimate with an interval, and every median with a range, of the summary."""
    if isinstance(value, Mapping):
        centre = value.get("mean", value.get("value"))
        # Files and rows resampled have intervals of their own beside the quoted one.
        intervals = [ends for name, ends in value.items() if _is_interval(name, ends)]
        yield from ({"mean": centre, "ci": ends} for ends in intervals)
        for least, most in _RANGES:
            if {"median", least, most} <= value.keys():
                yield {"mean": value["median"], "ci": [value[least], value[most]]}
        for part in value.values():
            yield from figures(part)
    elif isinstance(value, list):
        for part in value:
            yield from figures(part)


def _is_interval(name: str, ends: Any) -> bool:
    return name.startswith("ci") and isinstance(ends, list) and len(ends) == 2


class Reader:
    """Judges sentences by the figures of one summary."""

    def __init__(self, summary: Summary) -> None:
        facts = {key: value for key, value in summary.items() if key not in ("claims", "readings")}
        self._facts = facts
        self._figures = list(figures(facts))
        self._known: dict[tuple[str, bool], bool] = {}
        # By per cent and digits: the printed mean -> figures.
        self._by_mean: dict[tuple[bool, str], dict[str, list[Mapping[str, Any]]]] = {}

    def beyond(self, where: str, sentence: str) -> Iterator[str]:
        """What a sentence says beyond its intervals; ``where`` it stands."""
        found = estimates(sentence)
        for one in found:
            if not _value(one.low) <= _value(one.mean) <= _value(one.high):
                yield f"{where}: {one}: lies outside its own interval; {_FIX}"
            elif not self._is_known(one):
                yield f"{where}: {one}: is no figure of the summary; {_FIX}"
        for match in _BOUND.finditer(sentence):
            before = [one for one in found if one.end <= match.start()]
            if before and before[-1].per_cent == bool(match[4]):
                yield from _beyond_bound(where, match, before[-1])

    def _is_known(self, one: Estimate) -> bool:
        key = (str(one), one.per_cent)
        if key not in self._known:
            self._known[key] = any(one.prints(figure) for figure in self._alike(one))
        return self._known[key]

    def _alike(self, one: Estimate) -> list[Mapping[str, Any]]:
        """Figures whose mean is printed as the estimate's, of some ten thousand."""
        like = "0." + "0" * len(one.mean.partition(".")[2])
        found = self._by_mean.get((one.per_cent, like))
        if found is None:
            found = self._by_mean[one.per_cent, like] = {}
            for figure in self._figures:
                if figure["mean"] is not None:
                    text = _printed(figure["mean"] * (100 if one.per_cent else 1), like)
                    found.setdefault(text, []).append(figure)
        return found.get(one.mean.replace(",", ""), [])

    def wrong_claim(self, claim: Mapping[str, Any]) -> Iterator[str]:
        """What a claim says that the figure at its metric does not."""
        where, figure = f"claims: {claim.get('sentence')!r}", self._at(str(claim.get("metric")))
        if figure is None:
            yield f"{where}: metric: {claim.get('metric')} is not in the summary; {_FIX}"
            return
        for name in ("mean", "ci", "n"):
            if claim.get(name) != figure.get(name):
                yield f"{where}: {name}: is {claim.get(name)}, the figure's {figure.get(name)}"
        own = estimates(str(claim.get("sentence")))
        if not own:
            yield f"{where}: sentence: states no interval; {_FIX}"
        elif not all(one.prints(figure) for one in own):
            yield f"{where}: sentence: {own[0]} is not the figure at its metric; {_FIX}"

    def _at(self, metric: str) -> Mapping[str, Any] | None:
        value: Any = self._facts
        for key in metric.split("/"):
            value = value.get(key) if isinstance(value, Mapping) else None
        return value if isinstance(value, Mapping) and "mean" in value else None


_FIX = "write it from the figure and its interval"


def _beyond_bound(where: str, match: re.Match[str], one: Estimate) -> Iterator[str]:
    stated = _value(match[3])
    if match[1] and stated > _value(one.low):
        yield f"{where}: {match[0]!r}: the interval of {one} begins below it; {_FIX}"
    if match[2] and stated < _value(one.high):
        yield f"{where}: {match[0]!r}: the interval of {one} reaches above it; {_FIX}"


def too_far(summary: Summary) -> list[str]:
    """G5's findings over the claims and readings of a summary."""
    reader = Reader(summary)
    findings: list[str] = []
    for claim in summary.get("claims", []):
        findings += reader.wrong_claim(claim)
        findings += reader.beyond("claims", str(claim.get("sentence")))
    for reading in summary.get("readings", []):
        findings += reader.beyond("readings", reading)
    return findings


def too_strong(summary: Summary, strong: Mapping[str, Any]) -> list[str]:
    """F2's findings: strong words where the strong form is not on."""
    findings = []
    for claim in summary.get("claims", []):
        word = STRONG.search(str(claim.get("sentence")))
        parts = str(claim.get("metric")).split("/")
        pair, strategy = (parts[1], parts[2]) if len(parts) > 2 else ("", "")
        form = strong.get(pair, {}).get(strategy)
        if word and not (form and form["on"]):
            shown = "no win rate" if form is None else f"the win rate's lower end is {form['low']}"
            findings.append(
                f"claims: {claim['sentence']!r}: {word[0]!r}: {shown}; give rate and interval"
            )
    for reading in summary.get("readings", []):
        if word := STRONG.search(reading):
            findings.append(f"readings: {reading!r}: {word[0]!r}: only a claim may be strong")
    return findings


def judge_sentences(summary: Summary, judged: Mapping[str, Any]) -> dict[str, Any]:
    """All guardrails for the summary: those of guardrails.json (``judged``), G5 and F2.

    InputError names every sentence that goes too far.
    """
    strong = judged.get("strong")
    if strong is None or "guardrails" not in judged:
        raise InputError("guardrails: no such file's content; run scripts.claims.guardrails")
    findings = [*too_far(summary), *too_strong(summary, strong)]
    if findings:
        raise InputError("\n".join(findings))
    sentences = len(summary.get("claims", [])) + len(summary.get("readings", []))
    on = [f"{pair} {name}" for pair, one in strong.items() for name, f in one.items() if f["on"]]
    says = f"strong form on for: {', '.join(on) or 'none'}"
    return {
        **judged["guardrails"],
        "G5": _held(RULE, "results/summary.json", f"{sentences} sentences within their intervals"),
        "F2": _held(F2_RULE, "results/tables/claims/guardrails.json", says) | {"strong": strong},
    }


def _held(rule: str, path: str, says: str) -> dict[str, Any]:
    # No hash: the summary cannot hold its own.
    evidence = {"path": path, "command": COMMAND, "says": says}
    return {"pass": True, "rule": rule, "evidence": [evidence], "findings": []}


def beyond_on_page(summary: Summary, path: Path, lines: Iterable[str]) -> Iterator[str]:
    """G5's findings on a page, line by line."""
    reader = Reader(summary)
    for number, line in enumerate(lines, start=1):
        yield from reader.beyond(f"{path}:{number}", line)


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: could not be read ({error}); `make` writes it") from error


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--summary", type=Path, required=True, help="summary with its claims")
    parser.add_argument("--guardrails", type=Path, help="what scripts.claims.guardrails wrote")
    parser.add_argument("--page", type=Path, nargs="*", default=[], help="Markdown pages")
    arguments = parser.parse_args(argv)
    findings: list[str] = []

    def body() -> None:
        summary = read_json(arguments.summary)
        if not isinstance(summary, dict) or "claims" not in summary:
            raise InputError(f"{arguments.summary}: claims is missing; `make` writes a summary")
        findings.extend(too_far(summary))
        if arguments.guardrails:
            findings.extend(too_strong(summary, read_json(arguments.guardrails)["strong"]))
        for path in arguments.page:
            findings.extend(beyond_on_page(summary, path, _read_lines(path)))
        for finding in findings:
            print(finding, file=sys.stderr)

    return run_main(body, lambda: int(bool(findings)))


if __name__ == "__main__":
    sys.exit(main())
