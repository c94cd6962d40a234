"""The published figures of the earlier study beside ours, row by row.

Ours are taken from the other sections of the summary and never computed here; a row says whether
the figure is reproduced, cannot be measured here, or differs in kind, and why. What is measured
nearest to it, from the same source or the same kind of source on the GPU at hand, has columns of
its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scripts.report import elsewhere, wording
from scripts.report.section import Figure, Section, Summary, find
from scripts.report.sections.corpus import GAPS
from scripts.report.sections.headline import HEADLINE
from scripts.report.sections.transfer import RATES

NO_TARGET = "no MI300X was there"


class Status(StrEnum):
    """What became of a published figure."""

    REPRODUCED = "reproduced"  # the same question, the same answer within the intervals
    DIFFERS = "differs"  # the same question, another answer
    ADDED = "added"  # asked here only
    NOT_MEASURABLE = "not measurable here"


@dataclass(frozen=True)
class Published:
    """One published figure, a mean with or without its interval, None if there is none.

    ``unit``: count, days, rate or ratio. ``ours``: path in the summary; ``nearest``: such a path
    with ``{pair}`` in it.
    """

    name: str
    unit: str
    published: tuple[float, ...] | None
    status: Status
    why: str
    ours: str | None = None
    nearest: str | None = None


def published(summary: Summary) -> Figure:
    """``rows`` in order, and ``nearest``: the measured pairs of the columns.

    ``summary``: with its sections corpus, headline and transfer.
    """
    pairs = list(_nearest(summary))
    return {"nearest": pairs, "rows": [_row(one, summary, pairs) for one in _figures(summary)]}


def _nearest(summary: Summary) -> Iterator[str]:
    """The measured pairs to the first GPU from either GPU of the published one."""
    pairs = (f"{source}->{summary['first_gpu']}" for source in elsewhere.PAIR)
    return (pair for pair in pairs if "copied" in summary["headline"].get(pair, {}))


def _row(one: Published, summary: Summary, pairs: list[str]) -> Figure:
    return {
        "name": one.name,
        "unit": one.unit,
        "published": _figure(one.published),
        "ours": None if one.ours is None else find(summary, one.ours),
        "nearest": [_beside(one.nearest, summary, pair) for pair in pairs],
        "status": str(one.status),
        "why": one.why,
    }


def _figure(published: tuple[float, ...] | None) -> Any:
    """A mean with its interval as an estimate, one without as a plain number."""
    if published is None:
        return None
    mean, *interval = published
    return {"mean": mean, "ci": interval} if interval else mean


def _beside(nearest: str | None, summary: Summary, pair: str) -> Any:
    return None if nearest is None else find(summary, nearest.format(pair=pair))


def _figures(summary: Summary) -> Iterator[Published]:
    pair = f"corpus/pairs/{'->'.join(elsewhere.PAIR)}"
    triples, gap = find(summary, f"{pair}/triples"), find(summary, f"{pair}/gap_days_last")
    yield Published(
        "triples of the pair", "count", (elsewhere.TRIPLES,),
        Status.REPRODUCED if triples == elsewhere.TRIPLES else Status.DIFFERS,
        "counted anew from the public history", f"{pair}/triples", "headline/{pair}/triples",
    )  # fmt: skip
    yield Published(
        "gap by last commit, days", "days", elsewhere.GAP_DAYS_LAST, _gap(gap),
        "the published interval resamples triples, as the second of ours does; triples of one"
        " file share their dates, so that the first, which resamples files, is the one to quote",
        f"{pair}/gap_days_last",
    )  # fmt: skip
    yield Published(
        "gap by first commit, days", "days", None, Status.ADDED,
        "a later touch of a file is not its arrival", f"{pair}/gap_days_first",
    )  # fmt: skip
    yield from _on_the_target()
    yield from _of_the_search()


def _gap(gap: Figure | None) -> Status:
    """Reproduced if either mean lies in the other's interval, both resampling triples."""
    if gap is None:
        return Status.NOT_MEASURABLE
    mean, low, high = elsewhere.GAP_DAYS_LAST
    inside = low <= gap["mean"] <= high and gap["ci_rows"][0] <= mean <= gap["ci_rows"][1]
    return Status.REPRODUCED if inside else Status.DIFFERS


def _on_the_target() -> Iterator[Published]:
    searched = "a search's choice there and, on another GPU, in the columns of ours"
    yield Published(
        "cells measured on the target", "count", (elsewhere.CELLS,), Status.NOT_MEASURABLE,
        f"{NO_TARGET}; {elsewhere.CELLS_NOT_MEASURED} fp8 and int8 cells were not measured there"
        " either, here these formats are among the judged", nearest="headline/{pair}/triples",
    )  # fmt: skip
    for name, unit, figure, metric in (
        ("at or under the committed config", "rate", elsewhere.AT_OR_UNDER, "win_rate"),
        ("… win or tie, decided by intervals", "rate", None, "win_or_tie"),
        ("… strict win", "rate", None, "win"),
        ("… strict win, widened by A/A", "rate", None, "win_widened"),
        ("within 10% of it", "rate", (elsewhere.WITHIN_10,), "within_10"),
        (
            "speed-up among winners, mean",
            "rate",
            (elsewhere.SPEEDUP_WINNERS,),
            "speedup_winners",
        ),
    ):
        added = figure is None
        status = Status.ADDED if added else Status.NOT_MEASURABLE
        why = "asked by intervals and a margin" if added else f"{NO_TARGET}; {searched}"
        yield Published(
            name, unit, figure, status, why, nearest=f"headline/{{pair}}/searched/all/{metric}"
        )


def _of_the_search() -> Iterator[Published]:
    replayed = f"transfer/{{pair}}/S2/{elsewhere.BUDGET}"
    for name, metric in (("within 10%", "within_10"), ("loss", "loss")):
        yield Published(
            f"searched here with K = {elsewhere.BUDGET}, replayed (S2): {name}", "rate", None,
            Status.ADDED, "on the completely recorded cells of few layers",
            nearest=f"{replayed}/{metric}",
        )  # fmt: skip
    yield Published(
        "trials to converge, median", "count", (elsewhere.TRIALS_TO_CONVERGE,),
        Status.NOT_MEASURABLE,
        f"{NO_TARGET}; the published search spent all of its {elsewhere.BUDGET} trials, ours ends"
        " where further trials promise less than the margin",
        nearest="headline/{pair}/searched/all/trials/mean",
    )  # fmt: skip
    yield Published(
        "tokens per second, kernel replay", "ratio", (elsewhere.TOKENS_PER_SECOND,),
        Status.NOT_MEASURABLE, "no serving run was recorded here",
    )  # fmt: skip
    low, high = elsewhere.LOSS_TOKENS
    yield Published(
        f"losses, all at {low} to {high} tokens where BLOCK_SIZE_M = {elsewhere.LOSS_TILE} was"
        " never tried", "count", (elsewhere.LOSSES,), Status.NOT_MEASURABLE,
        f"{NO_TARGET}; looked for among our losses, see the section on them",
    )  # fmt: skip


SECTION = Section(
    "published",
    about="figures of an earlier study beside ours",
    links={"published": "An earlier study"},
    origins={"published": [HEADLINE, GAPS, RATES]},
    derive=lambda summary: {"published": published(summary)},
    words={"published": wording.published},
)
