"""S3: the offset that other layers' files show, the layer itself left out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.config import Config
from scripts.lib.schemas.history import HISTORY
from scripts.lib.shape import Shape
from scripts.transfer.committed_files import History
from scripts.transfer.strategies.s3_offset import OffsetSource, learned_offset
from tests.transfer.study import DEVICE, LEGAL, filled, history_row

SOURCE = "NVIDIA_H100_80GB_HBM3"
SHAPE = Shape(8, 3584, 4096, 2, "bf16")
THERE, HERE = Config(16, 64, 64, 1, 4, 2), Config(32, 64, 128, 1, 8, 2)


def rows_of(
    n: int, source: Config, target: Config, scheme: str = "bf16"
) -> list[dict[str, object]]:
    return [
        history_row(device, 64, config, file=f"{n} {device} {scheme}", N=n, scheme=scheme)
        for device, config in ((SOURCE, source), (DEVICE, target))
    ]


def history(*rows: list[dict[str, object]]) -> History:
    return History(pd.DataFrame(filled(HISTORY, [row for some in rows for row in some])))


def offset(known: History, tokens: int = 64) -> list[float]:
    return learned_offset(known, SOURCE, DEVICE, SHAPE, tokens).tolist()


def test_what_tuners_changed_elsewhere_is_the_offset() -> None:
    assert offset(history(rows_of(1792, THERE, HERE))) == [1, 0, 1, 0, 1, 0]


def test_the_layer_itself_is_not_looked_at_in_any_format() -> None:
    own = rows_of(3584, THERE, HERE) + rows_of(3584, THERE, HERE, "fp8_w8a8")
    assert offset(history(own)) == [0] * 6
    assert offset(history(own, rows_of(1792, THERE, THERE))) == [0] * 6


def test_a_layer_held_out_is_not_looked_at_either() -> None:
    known = history(rows_of(1792, THERE, HERE))
    held_out = Shape(8, 1792, 4096, 2, "fp8_w8a8")
    found = learned_offset(known, SOURCE, DEVICE, SHAPE, 64, without=[held_out])
    assert found.tolist() == [0] * 6


def test_its_own_format_comes_first() -> None:
    other = rows_of(1792, THERE, HERE, "fp8_w8a8")
    assert offset(history(other)) == [1, 0, 1, 0, 1, 0]
    assert offset(history(other, rows_of(7168, THERE, THERE))) == [0] * 6


def test_the_median_of_layers_counts() -> None:
    known = [rows_of(n, THERE, HERE) for n in (896, 1792)]
    assert offset(history(*known, rows_of(7168, THERE, THERE))) == [1, 0, 1, 0, 1, 0]


def test_a_batch_far_away_tells_nothing() -> None:
    known = history(rows_of(1792, THERE, HERE))
    assert offset(known, tokens=128) == [1, 0, 1, 0, 1, 0]
    assert offset(known, tokens=512) == [0] * 6


@pytest.mark.parametrize("place", [0, 17, 47])
def test_the_first_is_the_moved_config_where_it_is_legal(place: int) -> None:
    config = LEGAL.configs[place]
    assert OffsetSource(config, np.zeros(6), LEGAL).ask() == config


@given(st.sampled_from(LEGAL.configs), st.lists(st.floats(-2, 2), min_size=6, max_size=6))
def test_every_legal_config_is_asked_for_once(config: Config, moved: list[float]) -> None:
    strategy = OffsetSource(config, np.array(moved), LEGAL)
    asked = [strategy.ask() for _ in range(len(LEGAL) + 1)]
    assert asked[-1] is None
    assert set(asked[:-1]) == set(LEGAL.configs)
