"""Headline claims: a sentence, the figure behind it, and the command that makes its table.

A claim is made only if its figure is in the summary; its sentence is written from the figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from scripts.lib.device import short_name
from scripts.report import wording
from scripts.report.search_words import HEADLINE, REGRET

Summary = dict[str, Any]
SEARCH_BUDGETS = ("8", "128")
RIVALS = ("S6", "Optuna TPE", "cold Bayesian")  # the three baselines that come nearest
RIVAL_BUDGETS = ("8", "32")


@dataclass(frozen=True)
class Headline:
    """What the first page is about."""

    sources: tuple[str, ...]
    gap_pair: str


def find(summary: Summary, metric: str) -> Any:
    """The value at a path such as ``transfer/A->B/S1/1/win``; None if it is not there."""
    value: Any = summary
    for key in metric.split("/"):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def make_claims(summary: Summary, headline: Headline) -> list[dict[str, Any]]:
    """All claims that the summary supports, in the order of the page."""
    claims = []
    for metric, table, sentence in _candidates(summary, headline):
        figure = find(summary, metric)
        if figure is None or None in (figure["mean"], *figure["ci"]):
            continue
        claims.append(
            {
                "sentence": sentence.format(**_texts(figure)),
                "metric": metric,
                "mean": figure["mean"],
                "ci": figure["ci"],
                "n": figure["n"],
                "command": f"make results/tables/{table}.parquet",
            }
        )
    return claims


def _texts(figure: dict[str, Any]) -> dict[str, str]:
    """A figure in every form that a sentence may ask for."""
    return {
        "days": wording.days(figure),
        "rate": wording.per_cent(figure),
        "ratio": wording.ratio(figure),
        "fine_ratio": wording.fine_ratio(figure),
        "trials": wording.trials(figure),
        "n": f"{figure['n']:,}",
    }


def _candidates(summary: Summary, headline: Headline) -> Iterator[tuple[str, str, str]]:
    """Metric, table and sentence of every claim; braces stand for the figure."""
    name = wording.pair(headline.gap_pair)
    for metric, event in (
        ("gap_days_last", "the files' most recent commits"),
        ("gap_days_first", "the files' first commits"),
    ):
        sentence = f"{name}: {{days}} days between {event}, the mean of {{n}} triples."
        yield f"corpus/pairs/{headline.gap_pair}/{metric}", "gaps", sentence
    yield from _of_searches()
    for device in summary.get("measured", {}):
        yield from _of_device(device)
        for source in headline.sources:
            yield from _over_triples(f"{source}->{device}")
            yield from _of_pair(f"{source}->{device}")


def _of_searches() -> Iterator[tuple[str, str, str]]:
    path, title = f"search/{HEADLINE}", f"{HEADLINE}, replayed from one source GPU at a time"
    for end, words in (("median", "the median cell"), ("p95", "the 95th percentile of cells")):
        yield (
            f"{path}/trials_to_2pct_intervals/{end}",
            "search_costs",
            f"{title}: {{trials}} trials to within 2% of the fastest legal config, {words}"
            " ({n} cells).",
        )
    for budget in REGRET:
        yield (
            f"{path}/regret/{budget}",
            "search_rates",
            f"{title}, {budget} trials: {{fine_ratio}} times the fastest legal config's latency"
            " (geometric mean of {n} cells).",
        )
    for other, budget in product(RIVALS, RIVAL_BUDGETS):
        yield (
            f"search_details/pairs/{other}/regret/{budget}",
            "search_pairs",
            f"{other}, {budget} trials: {{fine_ratio}} times the latency that {HEADLINE} from all"
            " sources has found by then (geometric mean of {n} cells).",
        )
    for metric, words in (("win", "a win"), ("loss", "a loss"), ("within_2", "within 2%")):
        yield (
            f"search_details/verdicts/{HEADLINE}/all/all/{metric}",
            "search_verdicts",
            f"{title}, 128 trials, against the committed config on recorded medians: {words} on"
            " {rate} of {n} cells and sources.",
        )


def _of_device(device: str) -> Iterator[tuple[str, str, str]]:
    quality = f"measured/{device}/quality"
    yield (
        f"measured/{device}/aa_false_win_rate",
        "false_wins",
        "On {n} pairs of slots that ran the same config, the procedure called {rate} a win.",
    )
    yield (
        f"{quality}/best/ratio",
        "quality",
        f"The best recorded config of a cell runs at {{ratio}} of the {short_name(device)}'s"
        " committed config (geometric mean of {n} cells, interleaved pairs).",
    )
    yield (
        f"{quality}/committed/ratio_to_roofline",
        "quality",
        "The committed config stands at {ratio} times the roofline (geometric mean of {n} cells).",
    )


def _over_triples(name: str) -> Iterator[tuple[str, str, str]]:
    """All triples of a pair: copied configs, the best of the configs tried, live searches."""
    title = wording.pair(name)
    for choice, what in (
        ("copied", "copied (S1)"),
        ("best", "best of the configs tried"),
        ("searched", "found by S1-S8 on the GPU itself"),
    ):
        for metric, said in (
            ("win_or_tie", "a win or tie with the committed config on {rate} of {n} triples."),
            ("win", "a strict paired win on {rate} of {n} triples."),
            ("within_2", "within 2% of the committed config on {rate} of {n} triples."),
            ("within_10", "within 10% of the committed config on {rate} of {n} triples."),
        ):
            path = f"headline/{name}/{choice}/all/{metric}"
            yield path, "headline", f"{title}, {what}: {said}"


def _of_pair(name: str) -> Iterator[tuple[str, str, str]]:
    path, title = f"transfer/{name}", wording.pair(name)
    yield f"{path}/S1/1/win", "rates", f"{title}, copied (S1): a win on {{rate}} of {{n}} cells."
    yield f"{path}/S1/1/loss", "rates", f"{title}, copied (S1): a loss on {{rate}} of {{n}} cells."
    yield (
        f"{path}/S1/1/within_10",
        "rates",
        f"{title}, copied (S1): within 10% of the committed config on {{rate}} of {{n}} cells.",
    )
    for budget in SEARCH_BUDGETS:
        yield (
            f"{path}/S2/{budget}/regret",
            "rates",
            f"{title}, nearest legal configs (S2), {budget} trials: {{ratio}} times the best"
            " recorded latency (geometric mean of {n} cells).",
        )
