"""What each strategy chooses after K recorded trials, by pair of GPUs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.lib.judging.bands import NEAR
from scripts.lib.schemas import statistics as schema
from scripts.report import wording
from scripts.report.estimates import estimate
from scripts.report.section import Candidate, Figure, Frame, Headline, Section, Summary, find, made

RATES = made("rates", "statistics.aggregate", schema.RATES)
SEARCH_BUDGETS = ("8", "128")
BUDGETS = ("1", "8", "128")
FEW_FILES = 10


def transfer(rates: Frame) -> Figure:
    """``[pair][strategy][K]``: cells judged, rates and regret; the files that they come from."""
    out: Figure = {}
    for row in rates.to_dict("records"):
        pair = out.setdefault(f"{row['source']}->{row['target']}", {})
        entry = pair.setdefault(str(row["strategy"]), {}).setdefault(
            str(row["K"]), {"n": int(row["cells"])}
        )
        entry[str(row["metric"])] = estimate(row)
        entry["files"] = max(int(row["clusters"]), entry.get("files", 0))
    return out


def transfer_rows(
    strategies: dict[str, Any], budgets: tuple[str, ...]
) -> list[tuple[str, str, dict[str, Any]]]:
    """Strategy, K in words and figures; a strategy that no budget changes has one row."""
    rows = []
    for strategy, by_budget in strategies.items():
        first, *_ = figures = list(by_budget.values())
        if all(entry == first for entry in figures):
            rows.append((strategy, "any", first))
            continue
        rows += [(strategy, k, by_budget[k]) for k in sorted(by_budget, key=int) if k in budgets]
    return rows


def claims(summary: Summary, headline: Headline) -> Iterator[Candidate]:
    """Copied configs, and the nearest legal ones, of each pair."""
    for device in summary.get("measured", {}):
        for source in headline.sources:
            yield from _of_pair(f"{source}->{device}")


def _of_pair(name: str) -> Iterator[Candidate]:
    path, title = f"transfer/{name}", wording.pair(name)
    for metric, words in (
        ("win", "a win"),
        ("loss", "a loss"),
        ("within_10", "within 10% of the committed config"),
    ):
        sentence = f"{title}, copied (S1): {words} on {{rate}} of {{n}} cells."
        yield Candidate(f"{path}/S1/1/{metric}", RATES, sentence)
    for budget in SEARCH_BUDGETS:
        yield Candidate(
            f"{path}/S2/{budget}/regret",
            RATES,
            f"{title}, nearest legal configs (S2), {budget} trials: {{ratio}} times the best"
            " recorded latency (geometric mean of {n} cells).",
        )


def readings(summary: Summary, headline: Headline) -> Iterator[str]:
    """What copying and searching near the source's config does, pair by pair."""
    for device, section in summary.get("measured", {}).items():
        for source in headline.sources:
            if strategies := find(summary, f"transfer/{source}->{device}"):
                yield from _pair(f"{source}->{device}", strategies, section)


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


SECTION = Section(
    "transfer",
    about="each strategy, replayed, by how many trials it may make",
    links={"transfer": "Strategies, replayed"},
    origins={"transfer": [RATES]},
    build=lambda read: {"transfer": transfer(read["rates"])},
    claims=claims,
    readings=readings,
    values=lambda summary: {
        "rows": {name: transfer_rows(pair, BUDGETS) for name, pair in summary["transfer"].items()}
    },
    captions={"curves": "Regret of the best config so far against the number of trials."},
)
