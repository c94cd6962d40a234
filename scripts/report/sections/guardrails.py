"""Guardrails: rules of conduct, the fail-safe, the conditions of the end; the claim gate."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.report.section import Browsable, Figure, Finding, Origin, Section, Summary, made_json
from scripts.report.traced import count, taken

GUARDRAILS = made_json("guardrails", "claims.guardrails")
GATE = made_json("gate", "claims.gate")
SENTENCES = Origin("results/summary.json", "python -m scripts.claims.sentences")


def in_order(found: Figure) -> list[str]:
    """Names of the guardrails: rules of conduct, the fail-safe, the conditions of the end."""
    return sorted(found, key=lambda name: ("GFE".index(name[0]), name))


def found(summary: Summary) -> Iterator[Finding]:
    """How many hold."""
    every = summary["guardrails"]
    kept = taken((one for one in every.values() if one["pass"]), every)
    yield Finding("Guardrails", f"{count(kept)} of {count(every)} hold", "")


SECTION = Section(
    "guardrails",
    about="rules of conduct that fail the build, with their evidence",
    found=found,
    origins={
        "guardrails": [GUARDRAILS],
        "guardrails/G5": [SENTENCES],
        "guardrails/F2": [SENTENCES],
    },
    values=lambda summary: {"guardrails": in_order(summary["guardrails"])},
    rows={"gate": Browsable((GATE,), dict)},
)
