"""The claims, by the command that makes their tables, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.report.section import Section, Summary


def values(summary: Summary) -> Mapping[str, Any]:
    """Command -> claims."""
    groups: dict[str, list[Any]] = {}
    for claim in summary["claims"]:
        groups.setdefault(str(claim["command"]), []).append(claim)
    return {"claims_by_command": groups}


SECTION = Section(
    "claims", about="sentences with their figures and the commands behind them", values=values
)
