"""Two config files over the token grid: where one is faster, where slower, which dominates.

A slow-down is a regression beyond a relative band and, for few tokens, beyond some microseconds as
well: such passes take tens of microseconds, of which a tick of the timer is already per cents. The
bands stand in the locked spec.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from scripts.claims.evidence import Pair
from scripts.lib.files import InputError
from scripts.lib.spec import Spec


class Standing(StrEnum):
    """Where the candidate stands at one number of tokens."""

    SAME = "same"  # it is the baseline's config
    BETTER = "better"  # a win at the margin
    EQUAL = "equal"  # no win, and a regression is ruled out
    OPEN = "open"  # a regression is neither shown nor ruled out
    WORSE = "worse"  # a regression is shown
    MISSING = "missing"  # nothing was measured that could tell


class Order(StrEnum):
    """How two files stand to each other."""

    DOMINATES = "dominates"  # better somewhere, nowhere worse, open or missing
    EQUAL = "equal"
    DOMINATED = "dominated"
    INCOMPARABLE = "incomparable"  # better here, worse there
    UNDECIDED = "undecided"  # something is open or missing


def allowed_ratio(tokens: int, before_us: float, spec: Spec) -> float:
    """The largest after / before that is no regression; InputError beyond the spec's regimes."""
    fitting = [one for one in spec.regression.values() if tokens <= one.tokens_up_to]
    if not fitting:
        raise InputError(f"data/spec.yaml: regression: has no regime for {tokens} tokens")
    regime = min(fitting, key=lambda one: one.tokens_up_to)
    return 1 + max(regime.ratio, regime.us / before_us)


def stand(tokens: int, pair: Pair, spec: Spec) -> Standing:
    """One pair of measurements in a word; an unknown interval leaves it open."""
    allowed = allowed_ratio(tokens, pair.before_us, spec)
    if pair.low > allowed:
        return Standing.WORSE
    if not pair.high <= allowed:
        return Standing.OPEN
    return Standing.BETTER if pair.high < 1 - spec.win_margin else Standing.EQUAL


def worst(standings: Sequence[Standing]) -> Standing:
    """What several recordings say together: a win needs all of them, a regression one."""
    order = (Standing.WORSE, Standing.OPEN, Standing.EQUAL, Standing.BETTER)
    return next((one for one in order if one in standings), Standing.MISSING)


def compare(standings: Sequence[Standing]) -> Order:
    """Pareto order of candidate and baseline over the whole grid."""
    found = set(standings)
    better, worse = Standing.BETTER in found, Standing.WORSE in found
    if better and worse:
        return Order.INCOMPARABLE
    if found & {Standing.OPEN, Standing.MISSING} or not found:
        return Order.UNDECIDED
    if worse:
        return Order.DOMINATED
    return Order.DOMINATES if better else Order.EQUAL
