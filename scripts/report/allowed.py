"""Numbers that pages may hold without a figure of the summary behind them: phrases, with reasons.

A phrase allows its own numbers, in its own words only; what is measured never stands here.
scripts.report.trace finds phrases that no page holds any more. Here are those that several sections
share; a section's own stand in its file.
"""

from __future__ import annotations

from scripts.report.sections import SECTIONS

_BANDS = "names a metric, whose band its schema defines (scripts/lib/schemas)"
_QUANTILE = "names a quantile"
_K = "names a budget of trials, K of data/spec.yaml and of the claims (scripts/report/claims.py)"
_REACH = "a figure to reach, beside which the measured one stands (scripts/report/*_readings.py)"
_LADDER = "the batch sizes of a config file, BATCH_LADDER of scripts/lib/shape.py"
_METHOD = "how the published method times a config (scripts/lib/published_method.py)"
_NEEDS = "what is needed to run it, as the code checks or envs/ pins it"
_WORDS = "counts things of the sentence itself"
_PUBLISHED = "of the published study's losses, see scripts/report/elsewhere.py"
_DEFINED = "part of a definition"

_SHARED = {
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
    ", 16 trials:": _K,
    ", 32 trials:": _K,
    ", 128 trials, against": _K,
    "at most 128 trials": _K,
    "K = 1 | 2 | 4 | 8 | 16 | 32 | 128": _K,
    "K = 1 | 4 | 8 | 16 | 32": _K,
    "K = 1 | 8 | 16 | 128": _K,
    "K = 1 | 8 | 16 |": _K,
    "regret at K = 1 | K = 8 |": _K,
    "trials to 2%: median": _BANDS,
    "the tie-set at K = 16": _K,
    "largest regret at K = 128": _K,
    "GPU seconds of 128 trials": _K,
    "chose after 128 trials": _K,
    "interval from K = 2 to": _K,
    "(to reach: 8;": _REACH,
    "(to reach: 32;": _REACH,
    "regret at K = 16": _K,
    "(to reach: 1.01;": _REACH,
    "regret at K = 128": _K,
    "(to reach: 1.002;": _REACH,
    "trials to 2%: median, 95%": _BANDS,
    "GPU s to 2%: median": _BANDS,
    "0 as random": _DEFINED,
    "1 the best from the first trial": _DEFINED,
    "stays within 0.1% of 1 could be deleted": _DEFINED,
    "(above 1: it helps)": _DEFINED,
    "lost ten cells at 256 to 1,024 tokens": _PUBLISHED,
    "BLOCK_SIZE_M 64": _PUBLISHED,
    "| tried 64 |": _PUBLISHED,
    "that is at or under 2%.": _REACH,
    "(to reach: 180 s;": _REACH,
    "; to reach: 98%)": _REACH,
    "; to reach: 99%)": _REACH,
    "(to reach: 60 s;": _REACH,
    "(to reach: 1%;": _REACH,
    "A config that two searches asked for": _WORDS,
    "; to reach: 300;": _REACH,
    "the best of its first 8 is": _REACH,
    "(to reach: 95.0%;": _REACH,
    "(to reach: 98.0%;": _REACH,
    "18 batch sizes": _LADDER,
    "10 calls in a graph, 25 replays": _METHOD,
    "A rate of 0% or 100% has the exact binomial interval": _DEFINED,
    "never below 1.": _DEFINED,
    "the wider of the two": _WORDS,
    "has four intervals": _WORDS,
    "the widest of all four": _WORDS,
    "files hold 6 to 18 rows": _DEFINED,
    "a fresh order every two rounds": _WORDS,
    "two paired medians": _WORDS,
    "two recordings on two machines": _WORDS,
    "two latencies of one config": _WORDS,
    "two outcomes": _WORDS,
    "two GEMMs of a layer": _WORDS,
    "Python 3.11": _NEEDS,
    "3 GB of disk": _NEEDS,
    "Apache-2.0": "the name of a licence",
}
ALLOWED: dict[str, str] = {
    phrase: why
    for one in (_SHARED, *(one.phrases for one in SECTIONS))
    for phrase, why in one.items()
}
