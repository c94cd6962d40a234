"""Runs that write past buffers made for the problem that was profiled."""

from __future__ import annotations

from scripts.audit.finding import Finding, Subject, judged
from scripts.audit.probes.rounding import between


def probe(subject: Subject) -> Finding:
    """Found where pages behind the buffers are touched at any number of tokens."""
    tuner, tokens = subject.tuned, between(subject)
    touched = []
    for one in tokens:
        problem = subject.problems[0].at(one)
        ran = tuner.run(problem)
        if ran.place is not None and subject.bench.overrun(problem, ran.place, ran.rows):
            touched.append(one)
    share = len(touched) / len(tokens)
    text = f"{len(touched)} of {len(tokens)} numbers of tokens write past the buffers"
    if touched:
        text += f", such as {touched[0]}"
    return judged(bool(touched), text, share, 1 / len(tokens), "share of M")
