"""Many searches on one layer: trials are shared, each search is recorded, the table follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.ledger.consolidate import consolidate
from scripts.ledger.scan import report
from scripts.lib.chain import read_chain
from scripts.lib.files import InputError
from scripts.lib.schemas import cold
from scripts.lib.schemas.corpus import SHAPES as SHAPES_TABLE
from scripts.lib.schemas.live import LIVE
from scripts.lib.shape import BATCH_LADDER, Cell, parse_shape
from scripts.lib.shares import Share
from scripts.lib.tables import read_table, write_table
from scripts.transfer.committed_files import read_history
from scripts.tune.knowledge import read_corpus
from scripts.tune.live import main as live_main
from scripts.tune.session import Session
from scripts.tune.shares import select, shared_out, study_shapes
from scripts.tune.study import NONE, layers, make_parser, opening_of, starts
from tests.measure.scripted import ScriptedGpu
from tests.transfer.study import filled
from tests.tune.conftest import DATA, DEVICE, LAYER
from tests.tune.test_tuner import terms

H100, MI300X = "NVIDIA_H100_80GB_HBM3", "AMD_Instinct_MI300X"
SHAPE = parse_shape(LAYER)
CELLS = [Cell(DEVICE, SHAPE, tokens) for tokens in BATCH_LADDER]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def studied(world, folder) -> Path:
    """The ledger of one layer searched from two sources, and from all."""
    argv = ["--budget", "12", "--from", H100, MI300X, "--spaces", str(world.where.spaces)]
    args = make_parser().parse_args([*argv, "--out", str(folder), "--build", str(folder)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHX_COMMIT", "0" * 40)
        with Session(folder / "ledger-1-of-1.jsonl", [ScriptedGpu()], terms(world, folder)) as s:
            layers(s, read_corpus(world.where, 1), [SHAPE], DEVICE, args)
    return folder / "ledger-1-of-1.jsonl"


def test_each_source_has_a_search_on_each_cell(studied):
    searches = [body for body in read_chain(studied) if body["kind"] == "search"]
    assert len(searches) == 3 * len(CELLS)
    assert {body["source"] for body in searches} == {"", H100, MI300X}
    for body in searches:
        assert 1 <= len(body["config_ids"]) == len(set(body["config_ids"])) <= 12


def test_a_config_that_several_ask_for_is_measured_once(studied, folder):
    bodies = list(read_chain(studied))
    asked = [(b["cell_id"], c) for b in bodies if b["kind"] == "search" for c in b["config_ids"]]
    attempts = [(b["cell_id"], b["config_id"]) for b in bodies if b["kind"] == "attempt"]
    assert len(set(asked)) < len(asked)
    assert set(asked) <= set(attempts)
    assert len(attempts) == len(set(attempts)) == len((folder / "begun").read_text().splitlines())


def test_every_choice_stands_in_the_finals_beside_the_committed_config(studied):
    bodies = list(read_chain(studied))
    finals = {b["cell_id"]: b["slots"] for b in bodies if b["kind"] == "finals"}
    for cell in (body for body in bodies if body["kind"] == "cell"):
        assert finals[cell["cell_id"]].count(cell["committed_id"]) >= 3  # twins for A/A pairs


def test_the_ledger_is_accepted_and_the_table_is_made_of_it(studied, tmp_path):
    assert report([studied])["findings"] == []
    consolidate([studied], tmp_path / "tables")
    out = tmp_path / "live.parquet"
    argv = ["--ledger", str(studied), "--history", str(DATA / "history.parquet")]
    assert live_main([*argv, "--out", str(out)]) == 0
    table = read_table(out, LIVE)
    assert len(table) == 3 * len(CELLS)
    assert set(table["decision"]) <= {"win", "tie", "loss"}
    assert set(table["final_decision"]) <= {"win", "tie", "loss"}
    files = read_history(DATA / "history.parquet").files(SHAPE)
    both = set(files[H100].configs) & set(files[DEVICE].configs)
    assert table[table["source"] == H100]["triple"].sum() == len(both & set(BATCH_LADDER))
    assert not table[table["source"] == ""]["triple"].any()
    trials = read_table(tmp_path / "tables/trials.parquet", _trials())
    fastest = trials.set_index(["cell_id", "config_id"])["median_us"]
    for row in table.itertuples():
        assert fastest[row.cell_id, row.choice_id] >= fastest[row.cell_id].min()


def _trials():
    from scripts.lib.schemas.measured import TRIALS

    return TRIALS


def test_the_layers_are_those_that_the_gpu_has_files_of(tmp_path):
    ids = [LAYER, "E8-N3584-K4096-top2-bf16_b128x128", "E3-N7-K4096-top2-bf16"]
    table = filled(SHAPES_TABLE, [row_of(text) for text in ids])
    write_table(tmp_path / "shapes.parquet", table, SHAPES_TABLE)
    history = read_history(DATA / "history.parquet")
    assert study_shapes(tmp_path / "shapes.parquet", history, DEVICE) == [SHAPE]
    with pytest.raises(InputError, match="holds no layer that CPU has a file of"):
        study_shapes(tmp_path / "shapes.parquet", history, "CPU")


def row_of(shape_id):
    return {"shape_id": shape_id, "scheme": shape_id.rsplit("-", 1)[1]}


SHAPES = [parse_shape(f"E{e}-N{n}-K1024-top2-bf16") for e in (8, 64) for n in (256, 512, 1024)]


def test_searches_start_from_all_sources_from_each_and_from_none():
    known = [H100, MI300X]
    assert starts(known, None) == {"": known, H100: [H100], MI300X: [MI300X]}
    assert starts(known, ["none", H100]) == {"": known, "none": [], H100: [H100]}
    assert starts(known, []) == {"": known}
    assert make_parser().parse_args(["--out", "x", "--from"]).sources == []
    assert NONE == cold.NONE


@pytest.mark.parametrize("parts", [1, 2, 4])
def test_parts_cover_all_layers_and_none_twice(parts):
    found = [s for n in range(1, parts + 1) for s in shared_out(SHAPES, DEVICE, Share(n, parts))]
    assert sorted(found) == sorted(SHAPES)


def test_layers_are_chosen_by_a_part_of_their_id():
    assert [shape.intermediate for shape in select(SHAPES, ["E8-N256"])] == [256]
    assert select(SHAPES, None) == SHAPES
    first = SHAPES[4].id
    assert select(SHAPES, [first, "E8-", first]) == [SHAPES[4], *SHAPES[:3]]
    with pytest.raises(InputError, match="no layer's id contains E9"):
        select(SHAPES, ["E9"])


def test_a_gpu_of_which_nothing_is_recorded_is_searched_from_what_beliefs_disagree_on(
    world, tmp_path
):
    argv = ["--teaching", "gpu_out", "--spaces", str(world.where.spaces), "--budget", "12"]
    args = make_parser().parse_args([*argv, "--out", str(tmp_path), "--build", str(tmp_path)])
    corpus = read_corpus(world.where, 1)
    for device, doubted in ((H100, True), (DEVICE, False)):
        cells = [Cell(device, SHAPE, 64)]
        advice, _ = opening_of(corpus, SHAPE, cells, args)
        (search,) = advice.searches("", cells, [], 24, 0.01)
        first = advice.doubted(cells[0], [])
        assert bool(first) == doubted
        assert [search.strategy.ask() for _ in first] == list(first)


@pytest.mark.parametrize(("teaching", "same"), [("gpu_out", True), ("layer_out", False)])
def test_other_gpus_recordings_of_the_layer_teach_if_so_chosen(world, tmp_path, teaching, same):
    argv = ["--teaching", teaching, "--spaces", str(world.where.spaces), "--budget", "12"]
    args = make_parser().parse_args([*argv, "--out", str(tmp_path), "--build", str(tmp_path)])
    corpus = read_corpus(world.where, 1)
    cells = [Cell("NVIDIA_H100_80GB_HBM3", SHAPE, 1)]
    advice, _ = opening_of(corpus, SHAPE, cells, args)
    # Without a layer graphx-sim is fitted anew; the model as it is has learned from it elsewhere.
    assert (advice.simulator is corpus.simulator) == same
