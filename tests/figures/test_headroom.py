"""How much faster than the committed config the fastest is."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.figures import headroom
from scripts.lib.files import InputError
from scripts.lib.schemas.measured import CELLS
from scripts.lib.schemas.statistics import PAIRWISE
from tests.figures.case import Case
from tests.statistics.conftest import Judged
from tests.statistics.study import Study

CASE = Case(
    headroom.main,
    lambda drawn, judged: {
        "pairwise": (judged.pairwise, PAIRWISE),
        "cells": (drawn.cells, CELLS),
    },
    draw=lambda read: headroom.draw(headroom.headroom(read["pairwise"], read["cells"])),
)


def test_headroom_is_the_inverse_of_the_paired_ratio(drawn: Study, judged: Judged) -> None:
    rows = headroom.headroom(judged.pairwise, drawn.cells)
    assert len(rows) == len(drawn.cells)
    assert (rows["low"] <= rows["ratio"]).all()
    assert (rows["ratio"] <= rows["high"]).all()
    best = judged.pairwise[judged.pairwise["best"]]
    assert np.allclose(sorted(1 / rows["ratio"]), sorted(best["committed_ratio"]))


def test_no_committed_config_is_refused(drawn: Study, judged: Judged) -> None:
    with pytest.raises(InputError, match="committed"):
        headroom.headroom(judged.pairwise.assign(committed_ratio=np.nan), drawn.cells)
