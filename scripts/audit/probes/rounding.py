"""Numbers of tokens rounded one way when tuning, the other way when running."""

from __future__ import annotations

from itertools import pairwise

from scripts.audit.finding import Finding, Subject, judged


def between(subject: Subject) -> list[int]:
    """Numbers of tokens at, beside and between the problems'."""
    tokens = [one.cell.tokens for one in subject.problems]
    middle = [(low + high) // 2 for low, high in pairwise(tokens)]
    beside = [one + step for one in tokens for step in (-1, 0, 1)]
    return sorted({one for one in (*middle, *beside) if tokens[0] <= one <= tokens[-1]})


def probe(subject: Subject) -> Finding:
    """Found where a run uses another entry than tuning the same problem fills."""
    tuner, tokens = subject.tuned, between(subject)
    apart = []
    for one in tokens:
        problem = subject.problems[0].at(one)
        ran = tuner.run(problem).key
        if ran is not None and ran != tuner.key(problem):
            apart.append(one)
    share = len(apart) / len(tokens)
    text = f"{len(apart)} of {len(tokens)} numbers of tokens use another entry than they fill"
    if apart:
        text += f", such as {apart[0]}"
    return judged(bool(apart), text, share, 1 / len(tokens), "share of M")
