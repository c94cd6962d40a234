"""Which GPUs' configs are legal on which others."""

from __future__ import annotations

import pytest

from scripts.figures import legality
from scripts.lib.files import InputError
from scripts.lib.schemas.space import LEGALITY
from tests.figures.case import Case
from tests.report import absent
from tests.statistics.study import DEVICE

CASE = Case(legality.main, lambda *_: {"legality": (absent.legality(), LEGALITY)})


def test_shares_of_legal_configs_are_weighted_by_their_number() -> None:
    found = legality.shares(absent.legality())
    source, target = absent.SOURCE, absent.ABSENT
    assert found["configs"].loc[source, target] == 150
    assert found["legal"].loc[source, target] == pytest.approx(40 / 150)
    assert found["legal"].loc[target, source] == 0
    assert found["legal_carried"].loc[target, source] == 0.75
    # AMD first; a GPU without committed configs has a column and no row.
    assert list(found["legal"].index) == [target, source]
    assert list(found["legal"].columns) == [target, source, DEVICE]


def test_only_all_of_them_are_written_as_100_per_cent() -> None:
    source = absent.SOURCE
    row = absent.legality().iloc[[0]].assign(target=source, configs=1000)
    texts = []
    for legal in (1000, 999, 5, 0):
        drawn = legality.draw(row.assign(legal=legal, legal_carried=legal))
        texts.append(drawn.axes[0].texts[0].get_text())
    assert texts == ["100%", "99%", "<1%", "0%"]


def test_no_pair_is_refused() -> None:
    with pytest.raises(InputError, match="no pair"):
        legality.shares(absent.legality().iloc[:0])
