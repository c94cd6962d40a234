"""What a search begins with where nothing was recorded on the GPU: what its beliefs disagree on."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.device import find_device
from scripts.lib.shape import Cell
from scripts.transfer.kernel import Covariance
from scripts.transfer.learn_kernel import PREDICTED_START
from scripts.transfer.legal import coordinates
from scripts.transfer.strategies.default_heuristic import default_config
from scripts.transfer.strategies.doubt import disputed
from scripts.transfer.strategies.pipeline import FIRST
from scripts.transfer.strategies.s4_bayesian import Bayesian
from scripts.transfer.strategy import search
from tests.transfer.recorded import recording
from tests.transfer.study import CELLS_SMALL, LEGAL, SHAPE, h200_space

CELL = CELLS_SMALL[1]
UNKNOWN = Cell(CELL.device, replace(SHAPE, scheme="mxfp4_w4a16"), 64)  # no rules are known
VALUES = st.floats(0.0, 1.0, width=32)


@settings(max_examples=60)
@given(arrays(float, (len(LEGAL), 3), elements=VALUES), arrays(float, len(LEGAL), elements=VALUES))
def test_it_begins_with_the_merit_and_holds_a_favourite_of_each_voice(
    said: np.ndarray, expected: np.ndarray
) -> None:
    found = disputed(UNKNOWN, LEGAL, said, expected)
    places = [LEGAL.index[config] for config in found]
    assert len(set(places)) == len(places) <= 1 + said.shape[1] + 4
    assert expected[places[0]] <= expected.min() + 1e-10
    for voice in said.T:
        assert np.ptp(voice.round(10)) == 0.0 or voice[places].min() <= voice.min() + 1e-10


def test_of_equals_a_voice_names_the_one_of_the_greater_merit_and_a_silent_one_none() -> None:
    expected = np.arange(len(LEGAL), dtype=float)
    voice = np.where(np.isin(np.arange(len(LEGAL)), [20, 40]), 0.0, 1.0)
    silent = np.full(len(LEGAL), 0.7)
    with_one = disputed(UNKNOWN, LEGAL, np.stack([voice, silent], axis=1), expected)
    without = disputed(UNKNOWN, LEGAL, silent[:, None], expected)
    assert set(with_one) - set(without) <= {LEGAL.configs[20]}
    assert with_one[1] == LEGAL.configs[20]
    assert LEGAL.configs[40] not in with_one


def test_each_side_of_the_tile_is_tried_one_doubling_larger_and_smaller() -> None:
    legal = h200_space()
    expected = np.abs(legal.coordinates - np.log2([64, 64, 64, 1, 4, 3])).sum(axis=1)
    found = coordinates(disputed(UNKNOWN, legal, np.zeros((len(legal), 0)), expected))
    assert found[0].tolist() == np.log2([64, 64, 64, 1, 4, 3]).tolist()
    assert {tuple(row) for row in 2 ** found[1:, :2]} == {(128, 64), (32, 64), (64, 128), (64, 32)}
    assert (found[1:, 2:] == found[0, 2:]).all()


def test_what_is_launched_without_a_file_is_tried_where_its_rules_are_known() -> None:
    legal, none = h200_space(), np.zeros((len(h200_space()), 0))
    expected = np.arange(len(legal), dtype=float)
    standing = default_config(SHAPE, CELL.tokens, find_device(CELL.device))
    assert standing in legal.index
    assert standing in disputed(CELL, legal, none, expected)
    assert standing not in disputed(UNKNOWN, legal, none, expected)
    amd = replace(CELL, device="AMD_Instinct_MI300X")
    assert disputed(amd, legal, none, expected) == disputed(UNKNOWN, legal, none, expected)


@pytest.mark.parametrize("wanted", [128, 32])
def test_an_error_of_all_beliefs_about_the_tile_is_found_out(wanted: int) -> None:
    """Predicted best with 64 rows, truly best with twice or half as many, by a third."""
    legal = h200_space()
    rows = legal.coordinates[:, 0]
    other = 0.02 * np.abs(legal.coordinates[:, 1:] - np.log2([128, 64, 1, 4, 4])).sum(axis=1)
    expected = 0.2 * np.abs(rows - np.log2(64)) + other
    truth = 0.3 * np.abs(rows - np.log2(wanted)) + other
    covariance = Covariance(PREDICTED_START, legal)

    def found(first: Sequence[Config], *, doubtful: bool) -> float:
        one = recording(CELL, lambda _, config: float(np.exp(truth[legal.index[config]])), legal)
        ended = Bayesian(covariance, expected, first=first, margin=0.01, doubtful=doubtful)
        steps = search(ended, one, CELL, Budget(64))
        return min(trial.latency_us or np.inf for _, trial in steps) / one.best_us

    doubted = disputed(UNKNOWN, legal, expected[:, None], expected)
    assert found(doubted, doubtful=True) < 1.01
    best = np.argsort(expected, kind="stable")[:FIRST]
    assert found([legal.configs[place] for place in best], doubtful=False) > 1.2
