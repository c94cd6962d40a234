"""Sentences on searches on the GPU itself, and on layers tuned with one command."""

from __future__ import annotations

from typing import Any

from scripts.report import wording
from scripts.report.claims import Summary
from scripts.report.live_words import REACH, REGRET, SECONDS, WIN_OR_TIE, WITHIN_2

Figure = dict[str, Any]


def live(summary: Summary) -> list[str]:
    """None if nothing was searched on a GPU."""
    found = summary.get("live", {})
    return [
        *(_pair(pair, found[pair]) for pair in REACH if pair in found),
        *(_tuned(run) for run in summary.get("tuned", {}).values()),
    ]


def _pair(pair: str, found: Figure) -> str:
    words = [
        f"{said} at {most:.0%} {_reached(found[metric]['mean'], most)} by its finals,"
        f" {_reached(found['fastest'][metric]['mean'], most)} by its fastest trial"
        for metric, said, most in (
            ("win_or_tie", "win or tie with the committed config", WIN_OR_TIE),
            ("within_2", "within 2% of it", WITHIN_2),
        )
    ]
    strict = (
        f"a strict win on {wording.per_cent(found['win'])} of {found['n']} triples, a loss on"
        f" {wording.per_cent(found['loss'])}"
    )
    return f"{wording.pair(pair)}, S1-S8 on the GPU itself: {'; '.join(words)}. It is {strict}."


def _reached(value: float, least: float) -> str:
    return "reached" if value >= least else "not reached"


def _tuned(run: Figure) -> str:
    name = f"{run['model']} at TP {run['tensor_parallel']}" if run["model"] else run["shape"]
    text = (
        f"One command tuned {name} ({run['batches']} batch sizes) in {run['seconds']:.0f} s,"
        f" compiling and finals included (to reach: {SECONDS} s;"
        f" {'reached' if run['seconds'] <= SECONDS else 'not reached'})"
    )
    if not run["recorded"]:
        return f"{text}; no recording says what its best config is."
    reached = "reached" if run["regret"] <= REGRET else "not reached"
    return (
        f"{text}; the file stands {100 * (run['regret'] - 1):.1f}% behind the best recorded configs"
        f" on average (to reach: {100 * (REGRET - 1):.0f}%; {reached})."
    )
