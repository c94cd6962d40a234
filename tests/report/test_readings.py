"""Sentences say what the figures say, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.report import wording
from scripts.report.section import Headline, find
from scripts.report.sentences import make_claims, make_readings

PAIR = "NVIDIA_A->NVIDIA_B"
HEADLINE = Headline(("NVIDIA_A",), "NVIDIA_X->NVIDIA_Y")


def figure(mean: float, low: float, high: float, n: int = 72) -> dict[str, Any]:
    return {"mean": mean, "ci": [low, high], "n": n}


def summary(win: dict[str, Any], loss: dict[str, Any], **more: Any) -> dict[str, Any]:
    entry = {"n": 72, "files": 4, "win": win, "tie": figure(0.3, 0.2, 0.4), "loss": loss}
    return {
        "measured": {"NVIDIA_B": {"quality": {}, "aa_false_win_rate": figure(0.01, 0.0, 0.05)}},
        "transfer": {PAIR: {"S1": {"1": entry}, **more}},
    }


@pytest.mark.parametrize(
    ("win", "loss", "phrase"),
    [
        ((0.1, 0.06, 0.2), (0.7, 0.6, 0.8), "loses on most cells, and the interval says so"),
        ((0.1, 0.06, 0.2), (0.55, 0.4, 0.7), "the interval includes one half"),
        ((0.1, 0.06, 0.2), (0.4, 0.3, 0.5), "loses more often than it wins, beyond both"),
        ((0.5, 0.4, 0.6), (0.2, 0.1, 0.3), "wins more often than it loses, beyond both"),
        ((0.3, 0.2, 0.4), (0.35, 0.25, 0.45), "neither is shown to be commoner"),
    ],
)
def test_the_verdict_of_a_pair_follows_its_intervals(
    win: tuple[float, float, float], loss: tuple[float, float, float], phrase: str
) -> None:
    text = " ".join(make_readings(summary(figure(*win), figure(*loss)), HEADLINE))
    assert phrase in text


def test_wins_within_the_false_win_rate_are_called_noise() -> None:
    noise = "may be noise"
    loss = figure(0.4, 0.3, 0.5)
    assert noise in " ".join(make_readings(summary(figure(0.05, 0.01, 0.1), loss), HEADLINE))
    assert noise not in " ".join(make_readings(summary(figure(0.3, 0.2, 0.4), loss), HEADLINE))
    assert noise not in " ".join(make_readings(summary(figure(0.0, 0.0, 0.05), loss), HEADLINE))


def test_budgets_are_sorted_by_whether_random_search_is_beaten() -> None:
    s2 = {"1": (1.1, 1.05, 1.15), "16": (1.03, 1.02, 1.04), "128": (1.01, 1.005, 1.02)}
    other = {"1": (1.4, 1.3, 1.5), "16": (1.03, 1.01, 1.05), "128": (1.001, 1.0, 1.002)}
    found = summary(
        figure(0.3, 0.2, 0.4),
        figure(0.3, 0.2, 0.4),
        S2={k: {"regret": figure(*v)} for k, v in s2.items()},
        random={k: {"regret": figure(*v)} for k, v in other.items()},
    )
    text = " ".join(make_readings(found, HEADLINE))
    assert "closer to the best than random search at K = 1;" in text
    assert "farther from the best than random search at K = 128;" in text
    assert "not to be told from random search at K = 16." in text
    assert "within 2% of the best on average from 128 trials on" in text


def test_never_coming_near_is_said() -> None:
    curve = {"1": {"regret": figure(1.2, 1.1, 1.3)}, "8": {"regret": figure(1.1, 1.05, 1.2)}}
    found = summary(figure(0.3, 0.2, 0.4), figure(0.3, 0.2, 0.4), S2=curve, random=curve)
    assert "not with 8 trials" in " ".join(make_readings(found, HEADLINE))


def test_absent_figures_give_neither_sentences_nor_claims() -> None:
    assert make_readings({}, HEADLINE) == []
    assert make_claims({}, HEADLINE) == []
    unknown = {"corpus": {"pairs": {HEADLINE.gap_pair: {"gap_days_last": figure(1, 0, 2)}}}}
    assert len(make_claims(unknown, HEADLINE)) == 1
    assert find(unknown, "corpus/files") is None


def test_wording() -> None:
    assert wording.per_cent(figure(0.281, 0.2, 0.365)) == "28.1% (20.0–36.5)"
    assert wording.days(figure(-3.0, -10.25, 4.0)) == "-3.0 (-10.2 to 4.0)"
    assert wording.ratio({"mean": None, "ci": [None, None], "n": 0}) == "none"
    assert wording.pair("NVIDIA_H20-3e->AMD_Instinct_MI300X") == "H20-3e → MI300X"
    assert wording.candidate("S1 NVIDIA_B200") == "B200, copied (S1)"
    assert wording.candidate("default") == "default heuristic"
    assert [wording.number(x) for x in (None, 5892, 1234.56, 0.00012)] == [
        "none", "5,892", "1,234.6", "0.00012",
    ]  # fmt: skip
