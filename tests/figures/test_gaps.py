"""How much later a GPU's config file comes."""

from __future__ import annotations

import pandas as pd
import pytest

from scripts.figures import gaps
from scripts.lib.files import InputError
from scripts.lib.schemas.corpus import TRIPLES
from scripts.lib.schemas.statistics import GAPS
from scripts.statistics.bootstrap import Plan
from scripts.statistics.gaps import estimate_gaps
from tests.figures.case import Case
from tests.statistics.test_gaps import triples

ROWS = triples({"a": 40.0, "b": 170.0, "c": 300.0})
CASE = Case(
    gaps.main,
    lambda *_: {
        "triples": (ROWS, TRIPLES),
        "gaps": (estimate_gaps(ROWS, Plan(resamples=200)), GAPS),
    },
    ("--source", "A", "--target", "B"),
)


def test_a_pair_without_files_is_refused() -> None:
    with pytest.raises(InputError, match="A -> C"):
        gaps.draw(triples({"a": 1.0}), pd.DataFrame(columns=GAPS.names), "A", "C")
