"""Headline claims: a sentence, the figure of the summary behind it, and the command behind that.

A claim is made only if its figure is in the summary; its sentence is written from the figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.lib.device import short_name
from scripts.report import wording

Summary = dict[str, Any]
TABLES = "results/tables"
COMMANDS = {
    "gaps": f"python -m scripts.statistics.gaps --triples {TABLES}/triples.parquet"
    f" --out {TABLES}/gaps.parquet",
    "quality": f"python -m scripts.statistics.quality --cells {{recorded}}/cells.parquet"
    f" --pairwise {TABLES}/pairwise.parquet --aa {TABLES}/aa.parquet"
    f" --verdicts {TABLES}/verdicts.parquet --out {TABLES}/quality.parquet",
    "rates": f"python -m scripts.statistics.aggregate --verdicts {TABLES}/verdicts.parquet"
    f" --out {TABLES}/rates.parquet",
    "spread": "python -m scripts.statistics.spread --finals data/recorded/measured/*/finals.parquet"
    f" --recorded {TABLES}/recorded.parquet --trials {{recorded}}/trials.parquet"
    f" --again {{recorded}}-repeat/trials.parquet --out {TABLES}/spread.parquet"
    f" --out-false-wins {TABLES}/false_wins.parquet",
}
SEARCH_BUDGETS = ("8", "128")


@dataclass(frozen=True)
class Headline:
    """What the first page is about, and where its measurements are recorded."""

    sources: tuple[str, ...]
    gap_pair: str
    recorded: str


def find(summary: Summary, metric: str) -> Any:
    """The value at a path such as ``transfer/A->B/S1/1/win``; None if it is not there."""
    value: Any = summary
    for key in metric.split("/"):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def make_claims(summary: Summary, headline: Headline) -> list[dict[str, Any]]:
    """All claims that the summary supports, in the order of the page."""
    claims = []
    for metric, command, sentence in _candidates(summary, headline):
        figure = find(summary, metric)
        if figure is None or figure["mean"] is None:
            continue
        claims.append(
            {
                "sentence": sentence.format(**_texts(figure)),
                "metric": metric,
                "mean": figure["mean"],
                "ci": figure["ci"],
                "n": figure["n"],
                "command": COMMANDS[command].format(recorded=headline.recorded),
            }
        )
    return claims


def _texts(figure: dict[str, Any]) -> dict[str, str]:
    """A figure in every form that a sentence may ask for."""
    return {
        "days": wording.days(figure),
        "rate": wording.per_cent(figure),
        "ratio": wording.ratio(figure),
        "n": f"{figure['n']:,}",
    }


def _candidates(summary: Summary, headline: Headline) -> Iterator[tuple[str, str, str]]:
    """Metric, command and sentence of every claim; braces stand for the figure."""
    name = wording.pair(headline.gap_pair)
    for metric, event in (
        ("gap_days_last", "the files' most recent commits"),
        ("gap_days_first", "the files' first commits"),
    ):
        sentence = f"{name}: {{days}} days between {event}, the mean of {{n}} triples."
        yield f"corpus/pairs/{headline.gap_pair}/{metric}", "gaps", sentence
    for device in summary.get("measured", {}):
        yield from _of_device(device)
        for source in headline.sources:
            yield from _of_pair(f"{source}->{device}")


def _of_device(device: str) -> Iterator[tuple[str, str, str]]:
    quality = f"measured/{device}/quality"
    yield (
        f"measured/{device}/aa_false_win_rate",
        "spread",
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
