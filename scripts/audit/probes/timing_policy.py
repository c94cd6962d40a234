"""Figures that hold the host's time, or that a warm cache flatters."""

from __future__ import annotations

import numpy as np

from scripts.audit.bench import FAIR, Cache, Clock, How
from scripts.audit.finding import Finding, Subject, scored

POLICIES = {
    "the host's time counted": How(clock=Clock.HOST),
    "a warm cache": How(cache=Cache.WARM),
    "the host's time counted and a warm cache": How(clock=Clock.HOST, cache=Cache.WARM),
}
LEAST = 0.006  # log units: less is noise
TINY = 1e-12  # log units: no distance at all
NEARER = 0.7  # another policy explains the figures if they lie so much nearer to it


def probe(subject: Subject) -> Finding:
    """Found where the tuner's figures are nearer to another policy than to the fair one."""
    timed = subject.timed()
    worst, score, text = 0.0, 0.0, "figures are those of a captured graph with cold weights"
    for profile in (timed[0], timed[-1]):
        fair = float(np.median(np.abs(subject.reported(profile, FAIR))))
        others = {
            name: float(np.median(np.abs(subject.reported(profile, how))))
            for name, how in POLICIES.items()
        }
        name = min(others, key=others.__getitem__)
        over = min(fair / LEAST, NEARER * fair / max(others[name], TINY))
        score = max(score, over)
        if over > 1 and fair > worst:
            worst = fair
            text = (
                f"figures are off by {fair:.2%} in the median at"
                f" {profile.problem.cell.tokens} tokens, and by {others[name]:.2%} from {name}"
            )
    return scored(score, text, np.expm1(worst), np.expm1(LEAST))
