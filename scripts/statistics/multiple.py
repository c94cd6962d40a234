"""Whether wins outnumber losses on a pair of GPUs, and what many pairs do to that question.

Two tests: a sign test over the triples, and one that flips the signs of whole files, since the
triples of a file are not independent. The larger p counts. Of many pairs some look decided by
chance, so that each p is corrected for their number.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from scripts.lib.judging.decision import LOSS, WIN
from scripts.lib.judging.holm import holm
from scripts.lib.schemas.headline import HEADLINE_TESTS
from scripts.statistics.bootstrap import Floats, Plan, round_10
from scripts.statistics.stacked import stacked

WINS_MORE, LOSES_MORE, OPEN = "wins_more", "loses_more", "open"


def count_pair(rows: pd.DataFrame, files: pd.Series, plan: Plan, name: str) -> dict[str, object]:
    """Wins, losses and both p of the triples of one pair.

    ``rows``: with verdict; ``files``: the file of each. With no decided triple p is 1.
    """
    won, lost = (rows["verdict"] == word for word in (WIN, LOSS))
    wins, losses = int(won.sum()), int(lost.sum())
    by_file = (won.astype(int) - lost.astype(int)).groupby(files.to_numpy()).sum()
    p_rows = min(1.0, 2 * float(special.bdtr(min(wins, losses), wins + losses, 0.5)))
    p_files = _flip(np.asarray(by_file, dtype=np.float64), plan, name)
    return {
        "wins": wins,
        "losses": losses,
        "files": len(by_file),
        "p_rows": round_10(p_rows),
        "p_files": round_10(p_files),
        "p": round_10(max(p_rows, p_files)),
    }


def _flip(sums: Floats, plan: Plan, name: str) -> float:
    """Two-sided p of a mean of 0 when each file's sign might as well be the other."""
    sums = sums[sums != 0]
    if len(sums) < 2:
        return 1.0
    # Here, since it takes half a second to load and most that correct p flip no sign.
    from scipy import stats  # noqa: PLC0415

    found = stats.permutation_test(
        (sums,),
        lambda x, axis: x.sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=plan.resamples,
        rng=plan.generator(f"{name} flips"),
    )
    return min(1.0, float(found.pvalue))


def adjust(tests: pd.DataFrame, level: float) -> pd.DataFrame:
    """Holm over the pairs of each choice into one GPU, and the finding; schema HEADLINE_TESTS."""
    parts = []
    for _, rows in tests.groupby(["choice", "target"], sort=True):
        adjusted = holm(rows["p"].to_numpy(dtype=np.float64))
        words = np.where(rows["wins"] > rows["losses"], WINS_MORE, LOSES_MORE)
        finding = np.where(adjusted <= 1 - level, words, OPEN)
        parts.append(
            rows.assign(p_adjusted=[round_10(float(p)) for p in adjusted], finding=finding)
        )
    return stacked(parts, HEADLINE_TESTS.names)
