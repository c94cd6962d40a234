"""What copied configs come to: every measured copy is a point with its interval."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.figures import transferred
from scripts.lib.files import InputError
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.schemas.triples import TRIPLE_VERDICTS
from tests.figures.case import Case
from tests.report import copied
from tests.statistics.study import SOURCES, Study

CASE = Case(
    transferred.main,
    lambda drawn, _: {
        "triples": (copied.planted(drawn.cells), TRIPLE_VERDICTS),
        "trials": (drawn.trials, TRIALS),
    },
    ("--sources", *SOURCES),
    draw=lambda read: transferred.draw(
        transferred.points(read["triples"], read["trials"]), SOURCES
    ),
)


def test_points_hold_every_measured_copy_with_its_interval(drawn: Study) -> None:
    triples = copied.planted(drawn.cells)
    triples.loc[0, "ratio"] = np.nan  # a copy that did not run
    points = transferred.points(triples, drawn.trials)
    assert len(points) == len(triples) - 1
    committed = drawn.cells.set_index("cell_id")["committed_id"]
    for row in points.itertuples():
        true = drawn.truth[row.cell_id, committed[row.cell_id]]
        assert row.committed_us == pytest.approx(true, rel=0.03)
        assert row.low <= row.ratio <= row.high


def test_no_measured_copy_is_refused(drawn: Study) -> None:
    with pytest.raises(InputError, match="measured copy"):
        transferred.points(copied.planted(drawn.cells).assign(ratio=np.nan), drawn.trials)
