"""A tuner that does not see how tokens are spread over the experts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.stats import kendalltau

from scripts.audit.bench import Array, How, Routing
from scripts.audit.finding import Finding, Subject, scored

LEAST = 0.005  # log units: less is noise
FURTHER = 1.5  # figures that lie so much further from the routing asked for than from uniform


def probe(subject: Subject) -> Finding:
    """Found where, asked for skewed routing, its figures are those of uniform routing."""
    worst, score, text = 0.0, 0.0, "figures follow the routing"
    tuner = subject.tuner.fresh()
    for problem in subject.problems[:: max(1, len(subject.problems) // 2)]:
        skewed = replace(problem, routing=Routing.ZIPF)
        profile = tuner.profile(skewed, subject.bench)
        how = How(scope=tuner.covers)
        fair, blind = (
            subject.bench.time(replace(profile.problem, routing=one), profile.places, how)
            for one in (Routing.ZIPF, Routing.UNIFORM)
        )
        apart, alike = (_apart(profile.us, us) for us in (fair, blind))
        over = apart / max(LEAST, FURTHER * alike)
        score = max(score, over)
        if over > 1 and apart > worst:
            worst = apart
            tau = kendalltau(profile.us, fair).statistic
            text = (
                f"asked for skewed routing, figures are off by {apart:.2%} in the median (from"
                f" uniform {alike:.2%}), Kendall's tau {tau:.2f}"
            )
    return scored(score, text, np.expm1(worst), np.expm1(LEAST))


def _apart(first: Array, second: Array) -> float:
    return float(np.median(np.abs(np.log(first / second))))
