"""Wins against losses, tested by triple and by file, and Holm's correction over many pairs."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy import stats

from scripts.lib.judging.decision import LOSS, TIE, WIN
from scripts.statistics.bootstrap import Plan
from scripts.statistics.multiple import LOSES_MORE, OPEN, WINS_MORE, adjust, count_pair

PLAN = Plan(resamples=10_000)


def judged(words: list[str], files: list[str]) -> dict[str, object]:
    return count_pair(pd.DataFrame({"verdict": words}), pd.Series(files), PLAN, "pair")


def test_many_wins_in_one_file_decide_nothing() -> None:
    found = judged([WIN] * 30, ["a"] * 30)
    assert found["p_rows"] == pytest.approx(stats.binomtest(30, 30).pvalue)
    assert found["p_files"] == found["p"] == 1.0


def test_wins_in_every_file_decide() -> None:
    files = [str(number) for number in range(12) for _ in range(4)]
    found = judged([WIN, WIN, TIE, LOSS] * 12, files)
    assert (found["wins"], found["losses"], found["files"]) == (24, 12, 12)
    # All twelve sums are positive: two of the 2^12 ways to set the signs are as far from 0.
    assert found["p_files"] == pytest.approx(2 / 2**12)
    assert found["p"] == max(found["p_rows"], found["p_files"])


def test_without_a_decided_triple_nothing_is_found() -> None:
    assert judged([TIE] * 5, list("abcde"))["p"] == 1.0


def test_pairs_into_another_gpu_are_another_family() -> None:
    known = {"choice": "copied", "source": "A", "wins": 30, "losses": 1, "files": 12}
    known |= {"p_rows": 0.0, "p_files": 0.0}
    alone = pd.DataFrame({"p": [0.03, 0.01], "target": "B"}).assign(**known)
    others = pd.DataFrame({"p": [0.9] * 5, "target": "C"}).assign(**known)
    found = adjust(pd.concat([alone, others]), 0.95)
    pd.testing.assert_frame_equal(found[found["target"] == "B"], adjust(alone, 0.95))
    assert list(adjust(alone, 0.95)["p_adjusted"]) == [0.03, 0.02]


def test_findings_by_the_adjusted_p_over_each_choice() -> None:
    rows = [("copied", 30, 1, 1e-6), ("copied", 1, 30, 0.02), ("copied", 9, 4, 0.04)]
    tests = pd.DataFrame(rows, columns=["choice", "wins", "losses", "p"])
    known = {"source": "A", "target": "B", "files": 12, "p_rows": 0.0, "p_files": 0.0}
    found = adjust(tests.assign(**known), 0.95)
    assert list(found["finding"]) == [WINS_MORE, LOSES_MORE, WINS_MORE]
    alone = pd.concat([tests, tests.assign(p=0.9)]).assign(**known)
    assert list(adjust(alone, 0.95)["finding"])[1:] == [OPEN] * 5
