"""Replaying what a router chose: whole tokens, and clear words for a record of another layer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from scripts.lib.files import InputError, sha256
from scripts.lib.schemas.routing import ROUTING
from scripts.lib.tables import read_table, write_table
from scripts.measure import import_routing
from scripts.measure.import_routing import routing_table
from scripts.measure.work.recorded_routing import profile_name
from scripts.measure.work.routing import draw

# Experts 2i and 2i + 1 always go together, as no independent draw would have it.
PAIRED = np.array([[2 * (i % 4), 2 * (i % 4) + 1] for i in range(40)])
WEIGHTS = np.stack([np.linspace(0.1, 0.9, 40), np.linspace(0.9, 0.1, 40)], 1)


@pytest.fixture
def record(tmp_path):
    """Write a ROUTING table; the profile that replays it."""

    def write(frame: pd.DataFrame) -> str:
        path = tmp_path / f"router{len(list(tmp_path.iterdir()))}.parquet"
        write_table(path, frame, ROUTING)
        return f"recorded:{path}"

    return write


def test_tokens_are_drawn_whole_with_their_weights(record):
    out = draw(16, 8, 2, record(routing_table(PAIRED, WEIGHTS)), seed=1)
    assert out.expert_of.dtype == torch.int32
    assert (out.expert_of[:, 1] == out.expert_of[:, 0] + 1).all()
    rows = {
        (*experts, *np.float32(weights))
        for experts, weights in zip(PAIRED.tolist(), WEIGHTS, strict=True)
    }
    drawn = [(*e, *w) for e, w in zip(out.expert_of.tolist(), out.weight.numpy(), strict=True)]
    assert set(drawn) <= rows
    assert len(set(drawn)) == 16  # different tokens: there are enough


def test_the_order_of_rows_in_the_file_does_not_matter(record):
    frame = routing_table(PAIRED, WEIGHTS)
    one = draw(9, 8, 2, record(frame), seed=3)
    two = draw(9, 8, 2, record(frame.sample(frac=1.0, random_state=0)), seed=3)
    assert torch.equal(one.expert_of, two.expert_of)
    assert torch.equal(one.weight, two.weight)


def test_the_seed_decides_and_more_tokens_than_recorded_repeat_some(record):
    profile = record(routing_table(PAIRED))
    one, two, other = (draw(100, 8, 2, profile, seed) for seed in (5, 5, 6))
    assert torch.equal(one.expert_of, two.expert_of)
    assert torch.equal(one.weight, two.weight)
    assert not torch.equal(one.expert_of, other.expert_of)
    assert one.expert_of.shape == (100, 2)


def test_without_recorded_weights_random_ones_add_to_one(record):
    weight = draw(10, 8, 2, record(routing_table(PAIRED)), seed=0).weight
    torch.testing.assert_close(weight.sum(1), torch.ones(10))


def test_results_name_the_file_and_its_content(record):
    profile = record(routing_table(PAIRED))
    path = Path(profile.removeprefix("recorded:"))
    assert profile_name(profile) == f"recorded:{path.name}@{sha256(path)[:16]}"
    assert profile_name("zipf") == "zipf"


@pytest.mark.parametrize(
    ("experts", "top_k", "words"),
    [
        (8, 3, "every token has 2 experts, the cell's top_k is 3"),
        (7, 2, "holds 7, the cell's experts are 0 to 6"),
        (64, 2, "no expert above 7 is named, but the cell has 64: too few"),
    ],
)
def test_a_record_of_another_layer_is_refused(record, experts, top_k, words):
    with pytest.raises(InputError, match=r"router0\.parquet: column") as error:
        draw(4, experts, top_k, record(routing_table(PAIRED)), seed=0)
    assert words in str(error.value)


def broken(**changes: object) -> pd.DataFrame:
    frame = routing_table(PAIRED, WEIGHTS)
    for column, (row, value) in changes.items():
        frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (routing_table(PAIRED)[:-1], "column slot: token 39"),
        (routing_table(PAIRED)[1:], "column slot: token 0"),
        (routing_table(PAIRED).drop(index=[20, 23]), "column slot: token 1[01]"),
        (broken(slot=(8, 1)), "column slot: token 4"),
        (broken(expert=(8, -1)), "holds -1, the cell's experts"),
        (broken(expert=(8, 1)), "token 4 names an expert twice"),
        (broken(weight=(9, np.nan)), "column weight: .* token 4"),
        (broken(weight=(9, np.inf)), "column weight: .* token 4"),
        (routing_table(PAIRED)[:0], "holds no token"),
    ],
    ids=["cut", "beginning cut", "two halves", "slot twice", "negative", "expert twice",
         "a weight lacks", "infinite", "empty"],
)  # fmt: skip
def test_a_record_that_is_not_whole_is_refused_by_token(record, frame, words):
    with pytest.raises(InputError, match=words):
        draw(4, 8, 2, record(frame), seed=0)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.parquet: not found"):
        draw(4, 8, 2, f"recorded:{tmp_path}/none.parquet", seed=0)


def test_the_entry_makes_a_table_of_logged_arrays(tmp_path):
    np.save(tmp_path / "ids.npy", PAIRED)
    np.save(tmp_path / "w.npy", WEIGHTS)
    out = tmp_path / "router.parquet"
    command = ["--experts-of", str(tmp_path / "ids.npy"), "--out", str(out)]
    assert import_routing.main([*command, "--weights", str(tmp_path / "w.npy")]) == 0
    frame = read_table(out, ROUTING)
    assert len(frame) == PAIRED.size
    assert frame.loc[5].tolist() == [2, 1, PAIRED[2, 1], np.float32(WEIGHTS[2, 1])]
    assert import_routing.main(command) == 0
    assert read_table(out, ROUTING)["weight"].isna().all()


@pytest.mark.parametrize("array", [WEIGHTS, PAIRED[0], PAIRED[:0]], ids=["float", "1-d", "empty"])
def test_the_entry_refuses_what_is_no_routing(tmp_path, capsys, array):
    np.save(tmp_path / "ids.npy", array)
    out = tmp_path / "router.parquet"
    command = ["--experts-of", str(tmp_path / "ids.npy"), "--out", str(out)]
    assert import_routing.main(command) == 2
    assert "ids.npy: expected integers [tokens, top_k]" in capsys.readouterr().err
    assert not out.exists()


def test_the_entry_refuses_a_file_that_is_no_array(tmp_path, capsys):
    (tmp_path / "ids.npy").write_text("nothing")
    command = ["--experts-of", str(tmp_path / "ids.npy"), "--out", str(tmp_path / "out.parquet")]
    assert import_routing.main(command) == 2
    assert "ids.npy: not a readable .npy array" in capsys.readouterr().err
