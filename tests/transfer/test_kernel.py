"""The covariance of a space's configs, and learning it from recorded cells."""

import numpy as np
import pytest

from scripts.lib.config import Config
from scripts.transfer.kernel import LEVEL, Covariance, Kernel
from scripts.transfer.learn_kernel import (
    ANYWHERE,
    PLAIN_START,
    Sample,
    draw,
    learn,
    likelihood,
)
from scripts.transfer.legal import LegalSpace
from tests.transfer.study import CELLS_SMALL, LEGAL, h200_space, latency

KERNEL = Kernel(0.3, (1.0, 2.0, 1.5, 8.0, 3.0, 2.0), 0.05, 0.02)


def test_it_is_a_covariance() -> None:
    rows = [Covariance(KERNEL, LEGAL).row(place) for place in range(len(LEGAL))]
    matrix = np.stack(rows)
    np.testing.assert_allclose(matrix, matrix.T)
    np.testing.assert_allclose(np.diag(matrix), Covariance(KERNEL, LEGAL).variance)
    assert np.linalg.eigvalsh(matrix).min() > 0.0


def test_likeness_falls_with_distance_and_one_binary_is_alike_the_most() -> None:
    configs = [
        Config(64, 64, 64, 1, 4, 3),
        Config(64, 64, 64, 16, 4, 3),
        Config(64, 64, 128, 1, 4, 3),
        Config(16, 128, 128, 1, 4, 3),
    ]
    legal = LegalSpace(configs)
    row = Covariance(KERNEL, legal).row(legal.index[configs[0]])
    alike = [row[legal.index[config]] for config in configs]
    assert alike == sorted(alike, reverse=True)
    assert min(alike) > LEVEL**2


def test_keys_of_amd_tell_configs_apart() -> None:
    plain = Config(64, 64, 64, 1, 4, 2, 0, 16, 1)
    other = Config(64, 64, 64, 1, 4, 2, 4, 16, 2)
    legal = LegalSpace([plain, other])
    row = Covariance(Kernel(0.3, KERNEL.lengths, 1e-4, 1e-4), legal).row(0)
    assert row[1] < row[0] - 0.3**2 * 0.1


def test_a_wider_one_finds_configs_as_alike_and_errors_larger() -> None:
    wide, plain = Covariance(KERNEL.wider(1.5), LEGAL), Covariance(KERNEL, LEGAL)
    grown = (wide.row(3) - LEVEL**2) / (plain.row(3) - LEVEL**2)
    np.testing.assert_allclose(grown, 1.5**2)


def test_a_length_for_each_axis() -> None:
    with pytest.raises(ValueError, match="2 lengths for 6 axes"):
        Kernel(0.3, (1.0, 2.0), 0.05, 0.02)


def sample_from(kernel: Kernel, seed: int) -> Sample:
    legal = h200_space()
    places = np.sort(np.random.default_rng(seed).choice(len(legal), 96, replace=False))
    covariance = np.stack([Covariance(kernel, legal).row(p)[places] for p in places])
    missed = np.random.default_rng(seed).multivariate_normal(np.zeros(96), covariance)
    return Sample(legal.coordinates[places], legal.kinds[places], missed)


def test_what_was_drawn_from_a_kernel_is_found_again() -> None:
    drawn = Kernel(0.2, (1.0, 4.0, 2.0, 13.0, 4.0, 4.0), 0.05, 0.02)
    found = learn([sample_from(drawn, seed) for seed in range(6)], PLAIN_START)
    assert found.smooth == pytest.approx(0.2, rel=0.5)
    assert found.lengths[0] < found.lengths[1]


def test_learning_is_repeatable_and_starts_where_there_is_nothing() -> None:
    samples = [sample_from(KERNEL, seed) for seed in range(2)]
    assert learn(samples, PLAIN_START) == learn(samples, PLAIN_START)
    assert learn([], PLAIN_START) == PLAIN_START


def test_failed_configs_are_never_drawn() -> None:
    logs = np.log([latency(CELLS_SMALL[0], config) for config in LEGAL.configs])
    logs[::2] = np.nan
    sample = draw(LEGAL, None, logs, ANYWHERE, 1)
    assert len(sample.missed) == len(LEGAL) // 2
    assert np.isfinite(sample.missed).all()


def test_the_slope_of_the_likelihood_is_its_differences() -> None:
    one = sample_from(KERNEL, 0)
    apart = (one.coordinates[:, None] - one.coordinates[None]) ** 2
    kind = np.equal.outer(one.kinds, one.kinds)
    start = np.log([KERNEL.smooth, *KERNEL.lengths, KERNEL.kind, KERNEL.own])

    def at(logs: np.ndarray) -> tuple[float, np.ndarray]:
        smooth, *lengths, of_kind, own = np.exp(logs).tolist()
        kernel = Kernel(smooth, tuple(lengths), of_kind, own)
        return likelihood(kernel, apart, kind, one.missed)

    step = 1e-5 * np.eye(len(start))
    differences = [(at(start + one)[0] - at(start - one)[0]) / 2e-5 for one in step]
    np.testing.assert_allclose(at(start)[1], differences, rtol=1e-4, atol=1e-3)
