"""What the figures say and do not say, in sentences that follow from them by fixed rules."""

from __future__ import annotations

from typing import Any

from scripts.lib.device import short_name
from scripts.report import (
    live_readings,
    measured_readings,
    search_readings,
    sim_readings,
    space_readings,
    wording,
)
from scripts.report.claims import Headline, Summary, find

Figure = dict[str, Any]
FEW_FILES = 10
NEAR = 1.02


def make_readings(summary: Summary, headline: Headline) -> list[str]:
    """Sentences about the headline pairs, what was measured, the simulator and the legal spaces.

    An absent figure gives none.
    """
    readings = _gap(summary, headline.gap_pair)
    for device, section in summary.get("measured", {}).items():
        readings += _committed(short_name(device), section["quality"])
        for source in headline.sources:
            strategies = find(summary, f"transfer/{source}->{device}")
            if strategies:
                readings += _pair(f"{source}->{device}", strategies, section)
    return [
        *readings,
        *measured_readings.datasets(summary),
        *measured_readings.cost(summary),
        *search_readings.searches(summary),
        *live_readings.live(summary),
        *sim_readings.predictions(summary),
        *space_readings.correctness(summary),
        *space_readings.legal_configs(summary),
        *space_readings.carried(summary, headline),
        *space_readings.absent_target(summary),
    ]


def _gap(summary: Summary, pair: str) -> list[str]:
    last = find(summary, f"corpus/pairs/{pair}/gap_days_last")
    first = find(summary, f"corpus/pairs/{pair}/gap_days_first")
    if last is None or first is None:
        return []
    rows, files = wording.ends(last["ci_rows"]), wording.ends(last["ci_files"])
    share = 1 - first["mean"] / last["mean"]
    return [
        f"{wording.pair(pair)}: resampling triples gives {rows} days for the gap by last commit,"
        f" resampling whole files {files}. The triples of one file share their dates, so the"
        " second is the honest one.",
        f"By first commit the gap is {first['mean']:.1f} days: {share:.0%} of the gap by last"
        " commit is later touches of files that were already there.",
    ]


def _committed(device: str, quality: Figure) -> list[str]:
    readings = []
    if best := quality.get("best", {}).get("ratio"):
        gain = (1 / best["mean"] - 1) * 100
        readings.append(
            f"The {device}'s committed configs leave {gain:.1f}% to the best recorded config on"
            f" average; in the worst cell {(1 / best['smallest'] - 1) * 100:.1f}%. The best is"
            " picked and judged on the same samples, which flatters it."
        )
    if tied := quality.get("committed", {}).get("in_tie_set"):
        readings.append(
            f"On {wording.per_cent(tied)} of cells the committed config cannot be told from the"
            " best: there is nothing to win there."
        )
    return readings


def _pair(name: str, strategies: Figure, section: Figure) -> list[str]:
    title = wording.pair(name)
    readings = []
    if copied := strategies.get("S1", {}).get("1"):
        readings.append(_copied(title, copied))
        readings.append(_false_wins(title, copied["win"], section.get("aa_false_win_rate")))
        readings += _few_files(title, copied)
    if "S2" in strategies and "random" in strategies:
        readings.append(_against_random(title, strategies["S2"], strategies["random"]))
        readings.append(_enough_trials(title, strategies["S2"]))
    return [reading for reading in readings if reading]


def _copied(title: str, copied: Figure) -> str:
    win, loss = copied["win"], copied["loss"]
    text = (
        f"{title}: a copied config wins on {wording.per_cent(win)}, ties on"
        f" {wording.per_cent(copied['tie'])} and loses on {wording.per_cent(loss)} of"
        f" {copied['n']} cells."
    )
    if loss["ci"][0] > 0.5:
        return text + " It loses on most cells, and the interval says so too."
    if loss["mean"] > 0.5:
        return text + " It loses on most of these cells, though the interval includes one half."
    if win["ci"][0] > loss["ci"][1]:
        return text + " It wins more often than it loses, beyond both intervals."
    if loss["ci"][0] > win["ci"][1]:
        return text + " It loses more often than it wins, beyond both intervals."
    return text + " The intervals of winning and losing overlap: neither is shown to be commoner."


def _false_wins(title: str, win: Figure, false_win: Figure | None) -> str:
    if false_win is None or win["mean"] == 0 or win["ci"][0] > false_win["ci"][1]:
        return ""
    return (
        f"{title}: the wins of copied configs are not shown to be more than A/A pairs give"
        f" ({wording.per_cent(false_win)}); they may be noise."
    )


def _few_files(title: str, copied: Figure) -> list[str]:
    if copied["files"] >= FEW_FILES:
        return []
    return [
        f"{title}: the cells come from {copied['files']} config files only. With so few files an"
        " interval is a rough guide, and nothing is shown about other shapes."
    ]


def _against_random(title: str, s2: Figure, random: Figure) -> str:
    """At which budgets the neighbours of the source beat random search, by their intervals."""
    better: list[str] = []
    worse: list[str] = []
    same: list[str] = []
    for budget in sorted(set(s2) & set(random), key=int):
        ours, theirs = s2[budget]["regret"]["ci"], random[budget]["regret"]["ci"]
        if None in (*ours, *theirs):
            continue
        kind = better if ours[1] < theirs[0] else worse if ours[0] > theirs[1] else same
        kind.append(budget)
    parts = [
        f"{words} at K = {', '.join(f'{budget}' for budget in budgets)}"
        for words, budgets in (
            ("closer to the best than random search", better),
            ("farther from the best than random search", worse),
            ("not to be told from random search", same),
        )
        if budgets
    ]
    return f"{title}: S2 is {'; '.join(parts)}." if parts else ""


def _enough_trials(title: str, s2: Figure) -> str:
    budgets = sorted(s2, key=int)
    means = {budget: s2[budget]["regret"]["mean"] for budget in budgets}
    enough = next((k for k in budgets if means[k] is not None and means[k] <= NEAR), None)
    if enough is None:
        return (
            f"{title}: S2 does not come within 2% of the best on average, not with"
            f" {budgets[-1]} trials."
        )
    return f"{title}: S2 comes within 2% of the best on average from {enough} trials on."
