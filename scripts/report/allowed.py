"""Numbers that pages may hold without a figure of the summary behind them: phrases, with reasons.

A phrase allows its own numbers, in its own words only; what is measured never stands here.
scripts.report.trace finds phrases that no page holds any more.
"""

from __future__ import annotations

_BANDS = "names a metric, whose band its schema defines (scripts/lib/schemas)"
_QUANTILE = "names a quantile"
_K = "names a budget of trials, K of data/spec.yaml and of the claims (scripts/report/claims.py)"
_REACH = "a figure to reach, beside which the measured one stands (scripts/report/*_readings.py)"
_LADDER = "the batch sizes of a config file, BATCH_LADDER of scripts/lib/shape.py"
_METHOD = "how the published method times a config, as scripts/measure/tuning_cost.py does it"
_NEEDS = "what is needed to run it, as the code checks or envs/ pins it"
_WORDS = "counts things of the sentence itself"
_DEFINED = "part of a definition"

ALLOWED: dict[str, str] = {
    "within 2%": _BANDS,
    "within 10%": _BANDS,
    "at or under 1.00": _BANDS,
    "95th percentile": _QUANTILE,
    "5th percentile": _QUANTILE,
    "5th and 95th percentile": _QUANTILE,
    "hold nine in ten": _QUANTILE,
    ", 8 trials:": _K,
    ", 128 trials:": _K,
    "not with 128 trials": _K,
    "that is at or under 2%.": _REACH,
    "(to reach: 180 s;": _REACH,
    "; to reach: 300;": _REACH,
    "the best of its first 8 is": _REACH,
    "(to reach: 95.0%;": _REACH,
    "18 batch sizes": _LADDER,
    "10 calls in a graph, 25 replays": _METHOD,
    "in line, 25 replays": _METHOD,
    "A rate of 0% or 100% has the exact binomial interval": _DEFINED,
    "never below 1.": _DEFINED,
    "the wider of the two": _WORDS,
    "has four intervals": _WORDS,
    "the widest of all four": _WORDS,
    "files hold 6 to 18 rows": _DEFINED,
    "two paired medians": _WORDS,
    "two recordings on two machines": _WORDS,
    "two latencies of one config": _WORDS,
    "two outcomes": _WORDS,
    "two GEMMs of a layer": _WORDS,
    "Two commands": _WORDS,
    "Python 3.11": _NEEDS,
    "3 GB of disk": _NEEDS,
    "torch from 2.11": _NEEDS,
    "Triton from 3.6": _NEEDS,
    "Apache-2.0": "the name of a licence",
}
