"""What recorded cells say of others, and how the strategies' words are weighed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.config import Config
from scripts.lib.shape import Cell
from scripts.transfer.legal import LegalSpace
from scripts.transfer.library import (
    MOST_REGRET,
    NEIGHBOURING_BATCHES,
    SIMILAR_LAYERS,
    Library,
    layer_of,
    regret_of,
)
from scripts.transfer.merit import (
    NO_EVIDENCE,
    VOICES,
    SourceWord,
    evidence_of,
    source_voices,
    weigh,
)
from tests.transfer.recorded import CELLS_OF_THREE, recording
from tests.transfer.study import CONFIGS, LEGAL, latency

RECORDINGS = [recording(cell) for cell in CELLS_OF_THREE]
OTHERWISE = [recording(cell, lambda cell, config: 1e4 / latency(cell, config))
             for cell in CELLS_OF_THREE]  # fmt: skip
CELL = CELLS_OF_THREE[0]
LAYER = layer_of(CELL.shape)


def expected(library: Library) -> list[float]:
    return library.expected_regret(CELL, LEGAL, SIMILAR_LAYERS, {LAYER}).tolist()


def test_a_layer_left_out_says_nothing() -> None:
    swapped = [
        other if one.cell.shape == CELL.shape else one
        for one, other in zip(RECORDINGS, OTHERWISE, strict=True)
    ]
    assert expected(Library(RECORDINGS)) == expected(Library(swapped))
    assert expected(Library(RECORDINGS)) != expected(Library(OTHERWISE))


def test_the_layer_is_left_out_in_every_number_format() -> None:
    library = Library(RECORDINGS)
    weight = library.weights(CELL, NEIGHBOURING_BATCHES, {LAYER})
    same = [one.cell.shape == CELL.shape for one in RECORDINGS]
    assert not weight[same].any()
    assert weight[np.logical_not(same)].all()


def test_the_nearest_batch_counts_most() -> None:
    library = Library(RECORDINGS)
    weight = dict(
        zip(CELLS_OF_THREE, library.weights(CELL, NEIGHBOURING_BATCHES, set()), strict=True)
    )
    shape = CELLS_OF_THREE[3].shape
    by_tokens = [weight[Cell(CELL.device, shape, tokens)] for tokens in (1, 64, 1024)]
    assert by_tokens == sorted(by_tokens, reverse=True)


def test_a_config_that_nobody_tried_is_expected_to_be_bad() -> None:
    unknown = LegalSpace([CONFIGS[0], Config(256, 256, 64, 1, 8, 3)])
    library = Library(RECORDINGS)
    assert library.expected_regret(CELL, unknown, SIMILAR_LAYERS, set())[1] == MOST_REGRET
    assert (library.regret(unknown)[:, 1] == MOST_REGRET).all()


def test_failures_stand_at_the_cap() -> None:
    one = recording(CELL, failed=[LEGAL.configs[3]])
    assert regret_of(one)[3] == MOST_REGRET
    assert regret_of(one).min() == 0.0


matrices = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).normal(size=(30, len(VOICES)))
)


@given(matrices, st.sets(st.sampled_from(VOICES)))
def test_no_weight_is_negative_and_the_unheard_have_none(said: np.ndarray, heard: set[str]) -> None:
    regret = np.abs(said[:, 0])
    weights = weigh(evidence_of(said, regret), heard)
    assert (weights >= 0.0).all()
    assert not weights[[voice not in heard for voice in VOICES]].any()


def test_the_voice_that_explains_is_the_one_that_is_believed() -> None:
    said = np.random.default_rng(1).normal(size=(200, len(VOICES)))
    weights = weigh(evidence_of(said, 3.0 * said[:, 4] + 5.0), VOICES)
    assert weights[4] == pytest.approx(3.0, abs=1e-6)
    assert weights.sum() == pytest.approx(3.0, abs=1e-6)


def test_without_evidence_nobody_is_believed() -> None:
    assert not weigh(NO_EVIDENCE, VOICES).any()
    assert not weigh(evidence_of(np.ones((5, 6)), np.arange(5.0)), VOICES).any()


def test_the_sources_config_is_the_one_they_all_name() -> None:
    config = LEGAL.configs[11]
    said = source_voices([SourceWord(config, np.zeros(6))], LEGAL)
    assert (np.argmin(said, axis=0) == 11).all()
    assert not source_voices([], LEGAL).any()


def test_of_two_sources_the_nearer_one_is_heard() -> None:
    words = [SourceWord(LEGAL.configs[place], np.zeros(6)) for place in (3, 40)]
    both = source_voices(words, LEGAL)
    alone = [source_voices([word], LEGAL) for word in words]
    np.testing.assert_array_equal(both, np.minimum(*alone))
