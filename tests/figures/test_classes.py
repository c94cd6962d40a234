"""Verdicts by class: the shares of a class are all of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.figures import classes
from scripts.lib.files import InputError
from scripts.lib.schemas.breakdowns import BREAKDOWNS
from tests.figures.case import Case
from tests.report import copied
from tests.statistics.study import DEVICE


def by_class() -> pd.DataFrame:
    """Two number formats: a win of ten, and a loss of ten; all else ties."""
    rates = {"bf16": (0.1, 0.9, 0.0), "fp8_w8a8": (0.0, 0.9, 0.1)}
    rows = [
        {
            "device": DEVICE, "what": "copied", "by": "scheme", "order": order, "value": scheme,
            "judged": 10, "metric": metric, "mean": mean, "low": mean / 2, "high": mean * 1.05,
        }
        for order, (scheme, means) in enumerate(rates.items())
        for metric, mean in zip(("win", "tie", "loss"), means, strict=True)
    ]  # fmt: skip
    return copied.filled(pd.DataFrame(rows), BREAKDOWNS)


CASE = Case(
    classes.main,
    lambda *_: {"breakdowns": (by_class(), BREAKDOWNS)},
    draw=lambda read: classes.draw(classes.shares(read["breakdowns"])),
)


def test_shares_of_a_class_are_all_of_it() -> None:
    found = classes.shares(by_class())
    assert found["value"].tolist() == ["bf16", "fp8_w8a8"]
    assert np.allclose(found[["win", "tie", "loss"]].sum(axis=1), 100)
    assert found["low"].tolist() == [5.0, 0.0]


def test_no_class_is_refused() -> None:
    with pytest.raises(InputError, match="no class"):
        classes.shares(by_class().query("metric == 'ratio'"))
