"""Profile buckets that end below what is run: larger problems get the tactic of the last bucket."""

from __future__ import annotations

import numpy as np

from scripts.audit.bench import Problem
from scripts.audit.finding import PAIR_MARGIN, Finding, Subject, Verdict, judged


def probe(subject: Subject) -> Finding:
    """Found where the largest problems are tuned at fewer tokens than they have."""
    last = subject.problems[-1]
    cap = subject.tuner.timed_at(last.at(subject.most)).cell.tokens
    capped = [
        one for one in subject.problems if subject.tuner.timed_at(one).cell.tokens < one.cell.tokens
    ]
    text = f"nothing is timed above {cap} tokens, run up to {subject.most}"
    if last in capped:
        worst = max(_behind(subject, one) for one in capped)
        return judged(True, f"{text}; up to {worst:.2%} behind the best", worst, PAIR_MARGIN)
    if cap < subject.most:
        text += "; what that costs is not recorded"
        return Finding(Verdict.FOUND, text, None, PAIR_MARGIN)
    return judged(False, f"timed up to {subject.most} tokens", 0.0, PAIR_MARGIN)


def _behind(subject: Subject, problem: Problem) -> float:
    places = subject.sound(problem, subject.tuner.enumerate(problem))
    best = int(places[np.argmin(subject.bench.time(problem, places))])
    chosen = subject.launched(problem)
    return float(np.expm1(max(0.0, subject.behind(problem, chosen, best)[0])))
