"""Sentences on the replayed searches: what is reached, who is ahead, what each part is worth."""

from __future__ import annotations

from scripts.report.section import Figure, Summary, find
from scripts.report.sections.search.details import not_ahead, not_told_apart
from scripts.report.sections.search.words import (
    AHEAD_UP_TO,
    EVERY,
    HEADLINE,
    REGRET,
    TRIALS_MEDIAN,
    TRIALS_P95,
    WITHOUT,
)

SAME = 0.001  # of the regret: an ablation whose interval stays within this of 1 is worth nothing


def searches(summary: Summary) -> list[str]:
    """None if no search was replayed."""
    search, details = summary.get("search", {}), summary.get("search_details", {})
    if HEADLINE not in search or EVERY not in search:
        return []
    reached = [_reached("layer out", _layer_out(search[HEADLINE]))]
    if family := find(summary, f"teaching/{summary.get('first_gpu')}/family_out/{HEADLINE}"):
        reached.append(_reached("family out", family))
    return [*reached, _ahead(search, details), *_worth(details["pairs"])]


def _layer_out(ours: Figure) -> Figure:
    """As the figures of a teaching are called."""
    regrets = {f"regret_{budget}": ours["regret"][budget] for budget in REGRET}
    trials = {f"trials_{name}": {"mean": value} for name, value in ours["trials_to_2pct"].items()}
    return regrets | trials


def _reached(taught: str, ours: Figure) -> str:
    checks = [
        ("median of trials to within 2%", "trials_median", TRIALS_MEDIAN, ".0f"),
        ("95th percentile", "trials_p95", TRIALS_P95, ".0f"),
        *(
            (f"regret at K = {budget}", f"regret_{budget}", most, ".4f")
            for budget, most in REGRET.items()
        ),
    ]
    words = [
        f"{name} {'–' if value is None else format(value, form)} (to reach: {most};"
        f" {'reached' if value is not None and value <= most else 'not reached'})"
        for name, metric, most, form in checks
        for value in [ours[metric]["mean"]]
    ]
    return (
        f"Searches replayed, {taught}, {HEADLINE} from one source GPU at a time:"
        f" {', '.join(words)}."
    )


def _ahead(search: Figure, details: Figure) -> str:
    behind = not_ahead(search)
    text = (
        f"{HEADLINE} is not ahead of {_listed(behind)}"
        if behind
        else f"{HEADLINE} has the lower mean regret than each baseline that ran on the"
        " same cells, at every K to be reached"
    )
    if level := not_told_apart(details):
        text += f"; the intervals do not tell it apart from {_listed(level)}"
    return f"{text}."


def _listed(pairs: list[tuple[str, str]]) -> str:
    by_name: dict[str, list[str]] = {}
    for name, budget in pairs:
        by_name.setdefault(name, []).append(f"{budget}")
    return "; ".join(f"{name} (K = {', '.join(budgets)})" for name, budgets in by_name.items())


def worth(pair: Figure) -> str:
    """What an ablation shows of the strategy that it lacks, in a word or two."""
    dear = pair["seconds_ratio"] >= 1 + 10 * SAME
    budgets = [pair["regret"][k] for k in sorted(pair["regret"], key=int) if int(k) <= AHEAD_UP_TO]
    if any(found["ci"][0] > 1 for found in budgets):
        return "fewer trials"
    if dear:
        return "GPU seconds"
    alike = all(abs(end - 1) <= SAME for found in budgets[1:] for end in found["ci"])
    return "nothing: could go" if alike else "not shown"


def _worth(pairs: Figure) -> list[str]:
    by_worth: dict[str, list[str]] = {}
    for name in WITHOUT:
        if name in pairs:
            by_worth.setdefault(worth(pairs[name]), []).append(name.rpartition(" ")[2])
    if not by_worth:
        return []
    said = {
        "fewer trials": "trials (regret at a budget is higher without)",
        "GPU seconds": "GPU seconds",
        "nothing: could go": "nothing, they could be deleted one at a time",
        "not shown": "no loss that the intervals show",
    }
    parts = [
        f"{', '.join(by_worth[key])}: {words}" for key, words in said.items() if key in by_worth
    ]
    return [f"What S1-S8 loses if one strategy is switched off, layer out: {'; '.join(parts)}."]
