"""Guardrails: rules of conduct, the fail-safe, the conditions of the end; the claim gate."""

from __future__ import annotations

from scripts.report.section import Browsable, Figure, Origin, Section, made_json

GUARDRAILS = made_json("guardrails", "claims.guardrails")
GATE = made_json("gate", "claims.gate")
SENTENCES = Origin("results/summary.json", "python -m scripts.claims.sentences")


def in_order(found: Figure) -> list[str]:
    """Names of the guardrails: rules of conduct, the fail-safe, the conditions of the end."""
    return sorted(found, key=lambda name: ("GFE".index(name[0]), name))


SECTION = Section(
    "guardrails",
    about="rules of conduct that fail the build, with their evidence",
    origins={
        "guardrails": [GUARDRAILS],
        "guardrails/G5": [SENTENCES],
        "guardrails/F2": [SENTENCES],
    },
    values=lambda summary: {"guardrails": in_order(summary["guardrails"])},
    rows={"gate": Browsable((GATE,), dict)},
)
