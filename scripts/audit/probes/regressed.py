"""A fallback that became slower from one version to the next."""

from __future__ import annotations

from scripts.audit.bench import Problem
from scripts.audit.finding import Finding, Subject
from scripts.audit.probes.behind import behind


def probe(subject: Subject) -> Finding:
    """Found where the fallback is shown to be behind the one before, by more than a margin."""

    def sides(problem: Problem) -> tuple[int, int] | None:
        now, earlier = (subject.tuner.fallback(problem, one) for one in (False, True))
        return None if now is None or earlier is None else (now, earlier)

    unknown = "the fallback of an earlier version is not known"
    return behind(subject, sides, unknown, "behind the one before")
