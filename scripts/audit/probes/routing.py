"""A tuner that does not see how tokens are spread over the experts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.stats import kendalltau

from scripts.audit.bench import Array, Routing
from scripts.audit.finding import Finding, Subject, judged

LEAST = 0.005  # log units: less is noise


def probe(subject: Subject) -> Finding:
    """Found where, asked for skewed routing, its figures are those of uniform routing."""
    worst, off, text = 0.0, LEAST, "figures follow the routing"
    tuner = subject.tuner.fresh()
    for problem in subject.problems[:: max(1, len(subject.problems) // 2)]:
        skewed = replace(problem, routing=Routing.ZIPF)
        profile = tuner.profile(skewed, subject.bench)
        fair, blind = (
            subject.bench.time(replace(profile.problem, routing=one), profile.places)
            for one in (Routing.ZIPF, Routing.UNIFORM)
        )
        apart, alike = (_apart(profile.us, us) for us in (fair, blind))
        if apart > max(LEAST, 1.5 * alike) and apart > worst:
            worst = apart
            tau = kendalltau(profile.us, fair).statistic
            text = (
                f"asked for skewed routing, figures are off by {apart:.2%} in the median (from"
                f" uniform {alike:.2%}), Kendall's tau {tau:.2f}"
            )
    return judged(worst > 0, text, np.expm1(worst), np.expm1(off))


def _apart(first: Array, second: Array) -> float:
    return float(np.median(np.abs(np.log(first / second))))
