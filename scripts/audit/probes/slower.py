"""A choice that is slower than what is launched without tuning."""

from __future__ import annotations

from scripts.audit.bench import Problem
from scripts.audit.finding import Finding, Subject
from scripts.audit.probes.behind import behind


def probe(subject: Subject) -> Finding:
    """Found where the choice is shown to be behind the fallback, paired, by more than a margin."""

    def sides(problem: Problem) -> tuple[int, int] | None:
        fallback = subject.tuner.fallback(problem)
        return None if fallback is None else (subject.launched(problem), fallback)

    unknown = "what is launched without tuning is not known"
    return behind(subject, sides, unknown, "slower than the fallback")
