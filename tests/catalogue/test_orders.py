"""Where a committed config stands among the legal ones, in one order or another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.catalogue.candidates import Pool
from scripts.catalogue.chosen import KEY
from scripts.catalogue.orders import (
    PARTS,
    RECORD,
    asked_of,
    by_latency,
    near,
    replaced,
    share_ahead,
    simulated,
    standing,
)
from scripts.lib.device import find_device
from scripts.lib.schemas.foreseen import Order
from scripts.lib.schemas.space import SPACE
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table
from scripts.sim.facts import read_facts
from scripts.sim.rank import rank
from scripts.sim.simulator import load
from scripts.transfer.committed_files import read_history
from tests.catalogue.conftest import LAYERS

H100, H200 = "NVIDIA_H100_80GB_HBM3", "NVIDIA_H200"
SHAPE = "E8-N3584-K4096-top2-bf16"


@pytest.fixture(scope="module")
def legal(world) -> list[str]:
    space = read_table(world.where.spaces / f"{H200}-bf16.parquet", SPACE)
    return space.loc[space["legal"], "config_id"].tolist()


def rows(configs: list[str], device: str = H100, tokens: int = 64) -> pd.DataFrame:
    frame = pd.DataFrame({"config_id": configs, "device": device, "scheme": "bf16"})
    cell = f"{device}/{SHAPE}/M{tokens}"
    return frame.assign(file="a", tokens=tokens, cell_id=cell, censored=False)[KEY]


def test_ties_stand_half_ahead() -> None:
    score = np.array([3.0, 1.0, 2.0, 2.0, 5.0, 2.0, 1.0])
    row = np.array([0, 0, 0, 0, 0, 1, 1])
    found = standing(score, row, np.array([2, 5]))
    assert found.to_dict("list") == {"configs": [5, 2], "ahead": [1, 1], "tied": [1, 0]}
    assert share_ahead(found).tolist() == [1.5 / 4, 1.0]


def test_a_small_space_is_asked_whole_and_a_large_one_by_a_sample_with_its_own(
    legal: list[str],
) -> None:
    committed = [legal[0], legal[100], legal[-1]]
    whole = asked_of(rows(committed), legal, len(legal), len(legal))
    assert whole.whole and len(whole.row) == 3 * len(legal)
    assert whole.configs.iloc[whole.own].tolist() == committed
    some = asked_of(rows(committed), legal, 100, 100)
    assert not some.whole
    assert some.configs.iloc[some.own].tolist() == committed
    sizes = np.bincount(some.row)
    assert (sizes > 50).all() and (sizes < 150).all() and np.ptp(sizes) <= 1
    # Values of each parameter are in the sample as they are in the space.
    for part in range(6):
        kept = set(some.configs.str.split("-").str[part])
        assert kept == {one.split("-")[part] for one in legal}


def test_the_predicted_order_is_the_one_that_rank_names(world, legal: list[str]) -> None:
    path = world.where.spaces / f"{H200}-bf16.parquet"
    space, facts, model = read_table(path, SPACE), read_facts([path]), load(world.where.model)
    cell = parse_cell(f"{H200}/{SHAPE}/M64")
    named = rank(cell, space, facts, model, len(legal))["config_id"].tolist()
    committed = [named[0], named[7], named[-1]]
    asked = asked_of(rows(committed, H200), legal, len(legal), len(legal))
    pool = Pool(read_history(world.where.history), list(LAYERS))
    found = dict(simulated(asked, facts, model, pool))
    for place, one in zip([0, 7, len(legal) - 1], found[Order.SIM].itertuples(), strict=True):
        assert one.ahead <= place <= one.ahead + one.tied
    assert found[Order.SIM]["ratio"].iloc[2] > 1.0
    assert set(found) == {Order.SIM, Order.CROWD, Order.FITTED, Order.EQUATIONS}
    assert not found[Order.CROWD].equals(found[Order.SIM])


def test_nearness_has_the_teachers_own_config_first(world, legal: list[str]) -> None:
    history = read_history(world.where.history)
    shape = parse_cell(f"{H100}/{SHAPE}/M64").shape
    theirs = history.files(shape)[H200].at(64).id
    asked = asked_of(rows([theirs, legal[-1]]), legal, len(legal), len(legal))
    found = dict(near(asked, history, H200))
    assert found[Order.NEAREST]["ahead"].tolist()[0] == 0
    assert found[Order.NEAREST]["tied"].tolist()[0] == 0
    assert found[Order.NEAREST]["ahead"].tolist()[1] > 100
    assert found[Order.NEAREST]["ratio"].isna().all()
    # Of the teacher itself nothing is near.
    own = asked_of(rows([theirs], H200), legal, len(legal), len(legal))
    assert set(dict(near(own, history, H200))) == {Order.DEFAULT}


def test_parts_that_both_records_have_alike_are_left_out(world, legal: list[str]) -> None:
    path = world.where.spaces / f"{H200}-bf16.parquet"
    facts, model = read_facts([path]), load(world.where.model)
    one, other = find_device(H100), find_device(H200)
    assert one.processors == other.processors and one.clock_hz == other.clock_hz
    committed = legal[::100]
    found = dict(replaced(asked_of(rows(committed), legal, 300, 300), facts, model, H200))
    assert set(found) == {"bandwidth", RECORD}
    assert found["bandwidth"].equals(found[RECORD])
    assert not found[RECORD]["own"].equals(found[RECORD]["replaced"])
    a100 = rows(committed, "NVIDIA_A100-SXM4-80GB")
    apart = dict(replaced(asked_of(a100, legal, 300, 300), facts, model, H200))
    assert set(apart) == {*PARTS, RECORD}
    teachers = asked_of(rows(committed, H200), legal, 300, 300)
    assert list(replaced(teachers, facts, model, H200)) == []


def test_latencies_over_the_least_are_of_the_same_row(legal: list[str]) -> None:
    asked = asked_of(rows([legal[3], legal[4]]), legal, len(legal), len(legal))
    us = np.where(asked.row == 0, 10.0, 20.0) + asked.config
    found = by_latency(asked, us)
    assert found["ratio"].tolist() == pytest.approx([13 / 10, 24 / 20])


def test_the_crowd_is_what_weighs_candidates(world, legal: list[str]) -> None:
    pool = Pool(read_history(world.where.history), list(LAYERS))
    asked = asked_of(rows([legal[0], legal[5]]), legal, len(legal), len(legal))
    cell = parse_cell(f"{H100}/{SHAPE}/M64")

    def heard(owner: str, _: str) -> bool:
        return owner != H100

    (candidates,) = pool.candidates([cell], asked.legal, heard, recorded=False)
    (every,) = pool.unlikely(asked.legal, [[cell]], heard)
    for config, said in candidates.unlikely.items():
        assert every[0, asked.legal.index[config]] == pytest.approx(said)
