"""A replay pairs before and after in one round, on the rounds that chose nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.runtimes.default_config import default_config
from scripts.lib.shape import BATCH_LADDER, parse_shape
from scripts.serving.replay import (
    COMMITTED,
    DEFAULT,
    Layer,
    pool_of,
    replay,
    replayed,
    resampled,
    spread,
)
from scripts.serving.workload import Lengths

SHAPE = parse_shape("E8-N7168-K4096-top2-bf16")
KEPT, FASTER = "M16-N128-K64-G1-W4-S3", "M16-N32-K64-G1-W4-S3"
ROUNDS = 24


def recorded(faster: float = 0.9, judged: float = 0.9) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The operator's record: ``faster``, over committed, in rounds that choose; ``judged`` else."""
    cells, rows = [], []
    for tokens in BATCH_LADDER:
        cell = f"NVIDIA_H200/{SHAPE.id}/M{tokens}"
        cells.append((cell, KEPT, "uniform"))
        for number in range(ROUNDS):
            us = (100.0 + tokens) * (1 + 0.02 * np.sin(number * 7 + tokens))
            part = faster if number // 2 % 2 == 0 else judged
            default = default_config(SHAPE, tokens).id
            for slot, (name, over) in enumerate([(KEPT, 1.0), (default, 1.2), (FASTER, part)]):
                rows.append((cell, name, "run", slot, number, us * over))
    names = ["cell_id", "config_id", "run_id", "slot", "round", "us"]
    frame = pd.DataFrame(cells, columns=["cell_id", "committed_id", "routing"])
    return frame, pd.DataFrame(rows, columns=names)


POOL = pool_of([1, 16], 200, 256, Lengths((8, 64), (4, 16)), 1)


def test_a_file_that_is_faster_everywhere_is_so_on_every_step():
    found = replay(*recorded(), POOL, 1)
    assert found["before"].tolist() == [COMMITTED] * 3 + [DEFAULT] * 3
    assert found["concurrency"].tolist() == [0, 1, 16] * 2
    committed = found[found["before"] == COMMITTED]
    for name in ("ratio", "low", "high"):
        assert committed[name].to_numpy() == pytest.approx(1 / 0.9)
    assert committed["median_ratio"].to_numpy() == pytest.approx(0.9)
    assert (committed["slower"] == 0).all()
    default = found[found["before"] == DEFAULT]
    assert default["ratio"].to_numpy() == pytest.approx(1.2 / 0.9)
    assert committed["steps"].tolist() == [200, 100, 100]
    assert committed["tokens"].iloc[0] == sum(tokens.sum() for tokens in POOL.values())


def test_what_chose_a_row_does_not_judge_it():
    """Chosen by rounds in which it looked 10% faster, judged by those in which it is 5% slower."""
    committed = replay(*recorded(0.9, 1.05), POOL, 1).iloc[0]
    assert committed["ratio"] == pytest.approx(1 / 1.05)
    assert committed["slower"] == 1.0


def test_nothing_shown_to_be_faster_changes_nothing():
    rows = replay(*recorded(1.01, 1.01), POOL, 1)
    assert rows[rows["before"] == COMMITTED]["ratio"].to_numpy() == pytest.approx(1.0)


def test_a_step_takes_the_nearest_batch_and_one_round_for_both():
    cells, finals = recorded()
    us = Layer(SHAPE, cells, finals).paired(COMMITTED)
    tokens = np.array([1, 3, 40, 3000])
    steps = replayed(tokens, us, 5)
    for batch, pair in zip([1, 2, 32, 3072], steps, strict=True):
        assert any(np.allclose(pair, both) for both in us[batch])


def test_summed_by_hand():
    cells, finals = recorded()
    us = Layer(SHAPE, cells, finals).paired(DEFAULT)
    steps = np.concatenate([replayed(tokens, us, 1) for tokens in POOL.values()])
    row = replay(cells, finals, POOL, 1).query("before == 'default' and concurrency == 0").iloc[0]
    assert row["before_us"] == pytest.approx(steps[:, 0].sum())
    assert row["ratio"] == pytest.approx(steps[:, 0].sum() / steps[:, 1].sum())
    assert row["p95_ratio"] == pytest.approx(
        np.quantile(steps[:, 1], 0.95) / np.quantile(steps[:, 0], 0.95)
    )


def test_many_steps_on_few_rounds_are_no_surer_than_the_rounds():
    """Four rounds at one batch size: ten times the steps leave the interval as wide."""
    before = np.array([100.0, 101.0, 99.0, 100.0])
    us = {1: np.column_stack([before, before * [0.90, 0.94, 0.96, 1.00]])}
    few, many = (
        spread(np.ones(steps, dtype=np.int64), resampled(us, 1), 1) for steps in (200, 20_000)
    )
    assert many[1] - many[0] == pytest.approx(few[1] - few[0], rel=0.1)
    assert many[1] - many[0] > 0.05
    assert few[0] < 1 / 0.95 < few[1]


def test_a_mix_of_steps_is_drawn_anew_as_well():
    us = {1: np.full((8, 2), [10.0, 5.0]), 64: np.full((8, 2), [10.0, 10.0])}
    low, high = spread(np.repeat([1, 64], 50), resampled(us, 1), 1)
    assert low < 4 / 3 < high
    assert spread(np.full(100, 64), resampled(us, 1), 1) == (1.0, 1.0)


def test_too_few_steps_are_refused():
    with pytest.raises(InputError, match="--steps 1: fewer than the 2 degrees"):
        pool_of([1, 2], 1, 8, Lengths((1, 2), (1, 2)), 1)
