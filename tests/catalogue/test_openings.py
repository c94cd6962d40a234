"""What would be written for recorded cells, taught by nothing of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.catalogue.candidates import SIMILAR, Candidates, Pool
from scripts.catalogue.naming import Question, named
from scripts.catalogue.openings import Study, heard_under, openings
from scripts.lib.config import Config, parse_id
from scripts.lib.device import Vendor, find_device
from scripts.lib.runtimes.default_config import newest_default
from scripts.lib.schemas.openings import FEW, OPENINGS, WHOLE
from scripts.lib.shape import BATCH_LADDER, Cell, parse_cell, parse_shape
from scripts.lib.tables import to_arrow
from scripts.lib.teaching import Families, Teaching
from scripts.sim.facts import read_facts
from scripts.sim.gpu_out import simulator_without
from scripts.sim.predict import predict
from scripts.sim.questions import ask
from scripts.sim.recorded import read_measured
from scripts.transfer.committed_files import History, read_history
from scripts.transfer.crowd import CROWD_WEIGHT
from scripts.transfer.legal import coordinates, read_legal
from scripts.transfer.library import SIMILAR_LAYERS, traits
from tests.catalogue.conftest import LAYERS
from tests.tune.conftest import DEVICE, LAYER, OTHER

FAMILIES = Families({shape.id.rsplit("-", 1)[0]: family for shape, family in LAYERS.items()})


@pytest.fixture(scope="module")
def study(world) -> Study:
    (folder,) = world.where.recorded
    whole = read_measured([Path(folder, "trials.parquet")])
    space = world.where.spaces / f"{DEVICE}-bf16.parquet"
    legal = read_legal(space, DEVICE, "bf16")
    # A cell of which the default and every third config were measured.
    few = whole[whole["cell_id"].str.contains(f"{OTHER}/M64")].iloc[::3]
    h200 = find_device(DEVICE)
    default = newest_default(parse_shape(OTHER), 64, h200)
    both = pd.concat([few, whole[(whole["cell_id"].str.contains(f"{OTHER}/M64"))
                                 & (whole["config_id"] == default.id)]])  # fmt: skip
    few = both.drop_duplicates("config_id").reset_index(drop=True)
    rest = whole[~whole["cell_id"].str.contains(f"{OTHER}/M64")].reset_index(drop=True)
    return Study(
        {WHOLE: rest, FEW: few},
        Pool(read_history(world.where.history), list(LAYERS)),
        {(DEVICE, "bf16"): legal},
        read_facts([space]),
        FAMILIES,
        dict(zip(zip(rest["cell_id"], rest["config_id"], strict=True), rest["us"], strict=True)),
        1,
    )


@pytest.fixture(scope="module")
def found(study: Study) -> pd.DataFrame:
    return openings(study)


def test_whole_cells_are_judged_under_both_and_others_gpu_out(found: pd.DataFrame) -> None:
    to_arrow(found, OPENINGS)
    named = found[found["choice"] == "named"]
    by = named.groupby(["teaching", "recorded"])["cell_id"].nunique()
    assert by["family_out", WHOLE] == by["gpu_out", WHOLE] == 5
    assert ("family_out", FEW) not in by.index


def test_with_measured_latencies_for_predictions_the_fastest_candidate_is_named(
    study: Study, found: pd.DataFrame
) -> None:
    for row in found[found["teaching"] == "family_out"].itertuples():
        assert row.predicted_ratio == pytest.approx(row.measured_ratio)
        assert row.best_ratio <= row.measured_ratio
        cell = parse_cell(str(row.cell_id))
        heard = heard_under(Teaching.FAMILY_OUT, DEVICE, _layer(cell), FAMILIES)
        legal = study.spaces[DEVICE, "bf16"]
        (candidates,) = study.pool.candidates([cell], legal, heard, recorded=True)
        trials = study.measured[WHOLE]
        mine = trials[trials["cell_id"] == cell.id].set_index("config_id")["us"]
        assert mine[row.first_id] == min(mine[config.id] for config in candidates.configs)


def _layer(cell: Cell) -> str:
    return cell.shape.id.rsplit("-", 1)[0]


def test_gpu_out_is_taught_by_equations_alone_and_ratios_are_theirs(
    study: Study, found: pd.DataFrame
) -> None:
    untaught = simulator_without(DEVICE, study.measured[WHOLE], study.facts, 1)
    assert untaught.version == "equations" and not untaught.trained
    assert set(found.loc[found["choice"] == "shipped", "teaching"]) == {"gpu_out"}
    for row in found[found["teaching"] == "gpu_out"].itertuples():
        asked = pd.DataFrame(
            {"cell_id": [row.cell_id] * 2, "config_id": [row.first_id, row.default_id]}
        )
        us = predict(asked, study.facts, untaught)
        assert row.predicted_ratio == pytest.approx(us["predicted_us"][0] / us["predicted_us"][1])
        assert us["predicted_us"].equals(us["analytical_us"])


def test_nothing_of_the_gpu_teaches_gpu_out(study: Study, found: pd.DataFrame) -> None:
    rows = pd.read_parquet("data/recorded/history.parquet")
    own = rows["device"] == DEVICE
    planted = rows.assign(config_id=rows["config_id"].where(~own, "M64-N32-K64-G1-W4-S2"))
    without = [Pool(_history(frame), list(LAYERS)) for frame in (planted, rows[~own])]
    for pool in without:
        again = openings(replace(study, pool=pool))
        mine, first = (
            frame[(frame["teaching"] == "gpu_out") & (frame["choice"] == "named")]
            for frame in (again, found)
        )
        pd.testing.assert_frame_equal(mine.reset_index(drop=True), first.reset_index(drop=True))


def _history(rows: pd.DataFrame) -> History:
    return History(rows)


def test_family_out_hears_no_own_file_of_the_family() -> None:
    heard = heard_under(Teaching.FAMILY_OUT, DEVICE, "E8-N3584-K4096-top2", FAMILIES)
    assert not heard(DEVICE, "E8-N7168-K4096-top2")
    assert heard(DEVICE, "E128-N768-K2048-top8")
    assert heard("NVIDIA_H100_80GB_HBM3", "E8-N3584-K4096-top2")
    gpu_out = heard_under(Teaching.GPU_OUT, DEVICE, "E8-N3584-K4096-top2", FAMILIES)
    assert not gpu_out(DEVICE, "E128-N768-K2048-top8")


def test_candidates_are_legal_few_and_from_those_that_may_be_heard(study: Study) -> None:
    legal = study.spaces[DEVICE, "bf16"]
    cells = [Cell(DEVICE, parse_shape(LAYER), tokens) for tokens in (1, 4096)]
    none, every = (
        study.pool.candidates(cells, legal, heard, recorded=True)
        for heard in (lambda *_: False, lambda *_: True)
    )
    assert all(not one.configs for one in none)
    small, large = every
    assert small.configs != large.configs
    for one in every:
        assert set(one.configs) <= set(legal.configs)
        assert len(one.similar) == SIMILAR and DEVICE not in str(one.carried.values())
    # A row of sixteen for a token, not a tile of a hundred and twenty-eight.
    assert min(config.block_size_m for config in small.configs) == 16
    assert max(config.block_size_m for config in large.configs) >= 64


def test_without_recordings_it_is_weighed_in_how_unlikely_a_config_is(study: Study) -> None:
    """Once more, file by file."""
    legal = study.spaces[DEVICE, "bf16"]
    cell = Cell(DEVICE, parse_shape(LAYER), 64)

    def heard(owner: str, _: str) -> bool:
        return owner != DEVICE

    (known,) = study.pool.candidates([cell], legal, heard, recorded=True)
    (found,) = study.pool.candidates([cell], legal, heard, recorded=False)
    assert not known.unlikely and found.configs == known.configs
    assert set(found.unlikely) == set(found.configs)
    speaks: dict[Config, float] = {}
    for shape in LAYERS:
        for device, file in study.pool.history.files(shape).items():
            if device == DEVICE or find_device(device).vendor is not Vendor.NVIDIA:
                continue
            for tokens in BATCH_LADDER:
                apart = (
                    traits(Cell(device, shape, tokens)) - traits(cell)
                ) / SIMILAR_LAYERS.lengths
                held = file.at(tokens)
                speaks[held] = speaks.get(held, 0.0) + float(np.exp(-0.5 * (apart**2).sum()))
    held = list(speaks)
    weight = np.array(list(speaks.values()))
    for config, said in found.unlikely.items():
        steps = coordinates([config]) - coordinates(held)
        alike = np.exp(-0.5 * ((steps / [0.7, 0.7, 0.7, 2.0, 0.7, 1.0]) ** 2).sum(axis=1))
        assert said == pytest.approx(-np.log(alike @ weight / weight.sum() + 1e-3), abs=1e-6)


def test_where_no_file_may_be_heard_nothing_is_unlikely(study: Study) -> None:
    cell = Cell(DEVICE, parse_shape(LAYER), 64)
    legal = study.spaces[DEVICE, "bf16"]
    (found,) = study.pool.candidates([cell], legal, lambda *_: False, recorded=False)
    assert found.configs == [] and dict(found.unlikely) == {}


def test_an_unlikely_config_must_be_faster_by_its_share_to_be_named() -> None:
    likely, rare = (parse_id(f"M16-N{n}-K64-G1-W4-S4") for n in (64, 128))
    cell = Cell(DEVICE, parse_shape(LAYER), 64)
    candidates = Candidates({}, (likely, rare), {likely: 0.0, rare: 2.0})
    question = Question(cell, candidates, likely, likely)
    enough = np.exp(-2.0 * CROWD_WEIGHT)
    for gain, config in ((0.99 * enough, rare), (1.01 * enough, likely)):
        us = {(cell.id, likely.id): 10.0, (cell.id, rare.id): 10.0 * gain}
        (one,) = named([question], us)
        assert one.config == config
        assert one.ratio == pytest.approx(gain if config == rare else 1.0)


def test_what_other_gpus_taught_is_a_fitted_model(study: Study) -> None:
    trials = study.measured[WHOLE]
    other = trials.assign(device="NVIDIA_H100_80GB_HBM3")
    fitted = simulator_without(DEVICE, pd.concat([trials, other]), study.facts, 1)
    assert {device for device, _ in fitted.trained} == {"NVIDIA_H100_80GB_HBM3"}
    assert np.isfinite(fitted.predict_us(_asked(study))).all()


def _asked(study: Study) -> pd.DataFrame:
    some = study.measured[FEW].head(20)
    return ask(some["cell_id"], some["config_id"], study.facts)
