"""Profile buckets that end below what is run: larger problems get the tactic of the last bucket."""

from __future__ import annotations

import numpy as np

from scripts.audit.bench import NotKnown, Problem
from scripts.audit.finding import PAIR_MARGIN, Finding, Subject, Verdict, judged


def probe(subject: Subject) -> Finding:
    """Found where the largest problems are tuned at fewer tokens than they have."""
    last = subject.problems[-1]
    capped = [
        (problem, profile)
        for problem, profile in zip(subject.problems, subject.profiles, strict=True)
        if profile.problem.cell.tokens < problem.cell.tokens
    ]
    smallest = PAIR_MARGIN
    if capped and capped[-1][0] == last:
        cap = capped[-1][1].problem.cell.tokens
        worst = max(_behind(subject, one) for one, _ in capped)
        text = f"nothing is timed above {cap} tokens, run up to {last.cell.tokens}"
        return judged(True, f"{text}; up to {worst:.2%} behind the best there", worst, smallest)
    beyond = _cap_beyond(subject)
    if beyond is not None:
        return Finding(
            Verdict.FOUND,
            f"nothing is timed above {beyond} tokens, run up to {subject.most}; what that costs is"
            " not recorded",
            None,
            smallest,
        )
    return judged(False, f"timed up to {last.cell.tokens} tokens", 0.0, smallest)


def _cap_beyond(subject: Subject) -> int | None:
    """Tokens at which the largest run is tuned, if fewer; None if it would be timed as it is."""
    try:
        profile = subject.tuner.profile(subject.problems[-1].at(subject.most), subject.bench)
    except NotKnown:
        return None
    tokens = profile.problem.cell.tokens
    return tokens if tokens < subject.most else None


def _behind(subject: Subject, problem: Problem) -> float:
    places = subject.sound(problem, subject.tuner.enumerate(problem))
    best = int(places[np.argmin(subject.bench.time(problem, places))])
    chosen = subject.tuned.run(problem).place
    return float(np.expm1(max(0.0, subject.behind(problem, chosen, best)[0])))
