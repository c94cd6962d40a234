"""What a search is told of an attempt, from the attempt's line in a ledger."""

from __future__ import annotations

from typing import Any

from scripts.lib.chain import Chain
from scripts.lib.outcome import Outcome
from scripts.transfer.oracle import Trial

Body = dict[str, Any]


def trial_of(attempt: Body) -> Trial:
    """What a search is told of an attempt."""
    outcome, seconds = Outcome(attempt["outcome"]), float(attempt["gpu_seconds"])
    if outcome is not Outcome.CORRECT:
        return Trial(outcome, None, seconds, attempt.get("reason"))
    half = (attempt["high_us"] - attempt["low_us"]) / 2
    return Trial(outcome, float(attempt["median_us"]), seconds, half_us=half)


def trials_in(chain: Chain) -> dict[str, Trial]:
    """What every attempt of a ledger says, by the hash of its line."""
    lines = zip(chain.bodies, chain.hashes, strict=True)
    return {line: trial_of(body) for body, line in lines if body["kind"] == "attempt"}
