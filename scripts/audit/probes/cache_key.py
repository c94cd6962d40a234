"""A cache whose key forgets what the choice depends on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from scripts.audit.bench import Problem, Routing
from scripts.audit.finding import Finding, Subject, judged

SCHEMES = ("bf16", "fp8_w8a8")
OTHER_DEVICE = "NVIDIA_B200"


def others(problem: Problem) -> Iterator[tuple[str, Problem]]:
    """The problem with one field changed, by the field."""
    cell, shape = problem.cell, problem.cell.shape
    changed = {
        "experts": replace(shape, experts=2 * shape.experts),
        "intermediate": replace(shape, intermediate=2 * shape.intermediate),
        "hidden": replace(shape, hidden=2 * shape.hidden),
        "top_k": replace(shape, top_k=2 * shape.top_k),
        "scheme": replace(shape, scheme=SCHEMES[shape.scheme == SCHEMES[0]]),
    }
    for name, other in changed.items():
        yield name, replace(problem, cell=replace(cell, shape=other))
    yield "device", replace(problem, cell=replace(cell, device=OTHER_DEVICE))
    yield "routing", replace(problem, routing=Routing.ZIPF)


def probe(subject: Subject) -> Finding:
    """Found where a problem that was never tuned is answered with another's choice."""
    tuner = subject.tuned
    changed = list(others(subject.problems[len(subject.problems) // 2]))
    hits = [name for name, problem in changed if tuner.choose(problem) is not None]
    text = f"{len(changed) - len(hits)} of {len(changed)} changed fields miss"
    if hits:
        text += f"; {', '.join(hits)} hit another problem's entry"
    return judged(bool(hits), text, len(hits), 1, "fields")
