"""Ranks of one model that choose differently."""

from __future__ import annotations

from dataclasses import replace

from scripts.audit.finding import Finding, Subject, judged, not_applicable

RANKS = 2


def probe(subject: Subject) -> Finding:
    """Found where ranks in step hold different choices for a problem."""
    workers = subject.tuner.together(RANKS)
    if len(workers) < RANKS:
        return not_applicable("it knows no ranks")
    problems = [replace(one, ranks=RANKS) for one in subject.problems]
    for worker in workers:
        for problem in problems:
            worker.profile(problem, subject.bench)
    apart = [one for one in problems if len({w.run(one).place for w in workers}) > 1]
    share = len(apart) / len(problems)
    text = f"{len(apart)} of {len(problems)} problems run different tactics on {RANKS} ranks"
    return judged(bool(apart), text, share, 1 / len(problems), "share of problems")
