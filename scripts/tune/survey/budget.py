"""Estimates of parts, and which of them a budget of seconds pays for."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from scripts.lib.recordings import Role
from scripts.lib.shape import BATCH_LADDER, Cell, parse_cell, parse_shape
from scripts.measure.compile_run import jobs_of_plan
from scripts.measure.conditions import Conditions
from scripts.tune.survey.costs import Rates
from scripts.tune.survey.parts import Kind, Part

LOG = logging.getLogger("tune.survey")
# Of a budget, what each recording may take, so that the first does not take all of it; what one
# does not need goes to the next.
SHARES = {Role.CORPUS: 0.45, Role.COMPLETE: 0.35, Role.STUDY: 0.2}


def estimated(
    planned: Iterable[tuple[Part, pd.DataFrame | None]], rates: Rates, cores: int
) -> list[tuple[Part, pd.DataFrame | None]]:
    """The parts with cells, trials, binaries that are new in them, and seconds."""
    compiled: set[str] = set()
    out: list[tuple[Part, pd.DataFrame | None]] = []
    for part, plan in planned:
        if plan is not None:
            seen = set() if part.elsewhere else compiled
            new = {job.id for job in jobs_of_plan(plan, Conditions().run_time)} - seen
            compiled |= new
            found = _of_plan(part, plan, len(new), rates, cores)
        else:
            found = _of_searches(part, [one for one, _ in out], rates)
        out.append((found, plan))
        LOG.info("%s: %d cells, %d trials", found.name, found.cells, found.trials)
    return out


def _of_plan(part: Part, plan: pd.DataFrame, new: int, rates: Rates, cores: int) -> Part:
    trials = {parse_cell(str(cell)): int(n) for cell, n in plan["cell_id"].value_counts().items()}
    role = Role.COMPLETE if part.role is Role.REPEAT else part.role
    seconds = rates.part(role, dict(trials), new, cores)
    return replace(part, cells=len(trials), trials=len(plan), binaries=new, seconds=seconds)


def _of_searches(part: Part, before: Sequence[Part], rates: Rates) -> Part:
    """Of a study its layers at all batch sizes, of its finals those of all its parts."""
    if part.kind is Kind.AGAIN:
        ids = [text for other in before for text in other.shapes]
    elif part.kind is Kind.STUDY:
        ids = list(part.shapes)
    else:
        return part
    cells = [Cell("", parse_shape(text), tokens) for text in ids for tokens in BATCH_LADDER]
    seconds = rates.part(part.role, dict.fromkeys(cells), 0, 1)
    return replace(part, cells=len(cells), seconds=seconds)


def affordable(parts: Sequence[Part], seconds: float | None) -> list[Part]:
    """Those that fit, in their order. A part without an estimate is kept: it is resumed or left.

    What is measured again elsewhere has a budget of its own.
    """
    if seconds is None:
        return list(parts)
    finals = next((part for part in parts if part.kind is Kind.AGAIN), None)
    again = (finals.seconds or 0.0) / finals.cells if finals is not None and finals.cells else 0.0
    left, kept = 0.0, dict[str, Part]()
    for role, share in SHARES.items():
        left += share * seconds
        for part in (one for one in parts if one.role is role):
            held_again = again * part.cells if part.kind is Kind.STUDY else 0.0
            need = (part.seconds or 0.0) + held_again
            if need <= left:
                kept[part.name] = part
                left -= need
    cells = sum(part.cells for part in kept.values() if part.kind is Kind.STUDY)
    if finals is not None and cells:
        kept[finals.name] = replace(finals, cells=cells, seconds=again * cells)
    return [kept.get(part.name, part) for part in parts if part.name in kept or _always(part)]


def _always(part: Part) -> bool:
    return part.elsewhere or part.kind in (Kind.PEAKS, Kind.CORRECTNESS)
