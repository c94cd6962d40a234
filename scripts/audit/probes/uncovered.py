"""Problems that were to be tuned and fall back when they are run."""

from __future__ import annotations

from scripts.audit.finding import Finding, Subject, judged


def probe(subject: Subject) -> Finding:
    """Found where a run after tuning uses no entry."""
    missed = [one for one in subject.problems if subject.tuned.run(one).key is None]
    share = len(missed) / len(subject.problems)
    text = f"{len(missed)} of {len(subject.problems)} tuned problems fall back"
    return judged(bool(missed), text, share, 1 / len(subject.problems), "share of problems")
