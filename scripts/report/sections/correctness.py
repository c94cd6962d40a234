"""Layers that were checked against the float64 reference, in every number format."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.lib.judging.outputs import LIMIT
from scripts.lib.outcome import Outcome
from scripts.lib.schemas import measured as schema
from scripts.report import wording
from scripts.report.section import Figure, Frame, Headline, Section, Summary, table
from scripts.report.traced import count

CORRECTNESS = table(
    "correctness", "data/recorded/correctness/", "measure.correctness", schema.CORRECTNESS
)
WHERE = {"interpreter": "in the interpreter"}


def correctness(rows: Frame) -> Figure:
    """``[machine][scheme]``: layers checked, how many were correct, the largest errors, cases.

    ``rows``: CORRECTNESS. An error is known only of layers that ran; the others are in
    ``outcomes``.
    """
    out: Figure = {}
    for key, group in rows.groupby(["machine", "scheme"], sort=True):
        machine, scheme = (str(part) for part in key)
        outcomes = group["outcome"].value_counts()
        out.setdefault(machine, {})[scheme] = {
            "rows": len(group),
            "correct": int((group["outcome"] == Outcome.CORRECT).sum()),
            "outcomes": {str(name): int(number) for name, number in sorted(outcomes.items())},
            "largest_logits_diff": float(group["logits_diff"].max()),
            "largest_relative_error": float(group["relative_error"].max()),
            "compute": sorted(group["compute"].unique()),
            "triton": sorted(group["triton"].unique()),
            "cases": sorted(group["case"].unique()),
        }
    return out


def cases(correctness: Figure) -> dict[str, list[str]]:
    """Machine -> names of all cases that were checked there, in any scheme."""
    return {
        machine: sorted({case for entry in schemes.values() for case in entry["cases"]})
        for machine, schemes in correctness.items()
    }


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """One sentence per machine: how many layers, of how many formats, and the worst of them."""
    for machine, schemes in summary.get("correctness", {}).items():
        yield _checked(machine, schemes)


def _checked(machine: str, schemes: Figure) -> str:
    rows = sum(entry["rows"] for entry in schemes.values())
    failed = rows - sum(entry["correct"] for entry in schemes.values())
    where = WHERE.get(machine, f"on the {short_name(machine)}")
    known = {k: v for k, v in schemes.items() if v["largest_logits_diff"] is not None}
    text = f"Correctness {where}: {rows:,} layers in {count(schemes)} number formats, "
    text += f"{failed:,} of them not correct" if failed else "all correct"
    if not known:
        return f"{text}."
    worst = max(known, key=lambda name: float(known[name]["largest_logits_diff"]))
    return (
        f"{text}; the largest logits_diff is"
        f" {wording.number(known[worst]['largest_logits_diff'])} ({worst})."
    )


SECTION = Section(
    "correctness",
    about="outputs against a reference, by number formats",
    origins={"correctness": [CORRECTNESS]},
    build=lambda read: {"correctness": correctness(read["correctness"])},
    readings=readings,
    values=lambda summary: {"cases": cases(summary["correctness"])},
    words={"limit": LIMIT},
)
