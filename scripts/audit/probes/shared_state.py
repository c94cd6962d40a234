"""State that one call leaves behind for the next: another call's limit holds for this one."""

from __future__ import annotations

from scripts.audit.finding import Finding, Subject, judged, not_applicable


def probe(subject: Subject) -> Finding:
    """Found where runs change because another call of the process was tuned in between."""
    tuner, first = subject.tuner.fresh(), subject.problems[0]
    if tuner.fresh().sibling(first.cell.tokens) is None:
        return not_applicable("a process holds one call of it")
    for problem in subject.problems:
        tuner.profile(problem, subject.bench)
    before = [tuner.run(problem) for problem in subject.problems]
    other = tuner.sibling(first.cell.tokens)
    assert other is not None
    other.profile(first, subject.bench)
    after = [tuner.run(problem) for problem in subject.problems]
    changed = sum(one != now for one, now in zip(before, after, strict=True))
    text = f"{changed} of {len(before)} problems run otherwise after another call"
    share = changed / len(before)
    return judged(changed > 0, text, share, 1 / len(before), "share of problems")
