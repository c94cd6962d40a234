"""Both runtimes' files side by side, on small histories and on the recorded ones."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.corpus.across import TABLES, main
from scripts.corpus.counts import (
    arrival_rates,
    make_across,
    make_arrivals,
    make_rejected,
    make_runtimes,
)
from scripts.corpus.runtimes import configs
from scripts.lib.schemas.history import HISTORY, RUNTIME_HISTORY
from scripts.lib.schemas.runtimes import ARRIVALS, RUNTIMES
from scripts.lib.tables import read_table, rows_to_arrow, write_rows
from tests.corpus.conftest import OTHER, row, theirs

ROOT = Path(__file__).parents[2]
VLLM = ROOT / "data" / "recorded" / "history.parquet"
SGLANG = ROOT / "data" / "recorded" / "sglang_history.parquet"


def frames(ours: list[dict], others: list[dict]) -> tuple[pd.DataFrame, pd.DataFrame]:
    return (
        rows_to_arrow(ours, HISTORY).to_pandas(),
        rows_to_arrow(others, RUNTIME_HISTORY).to_pandas(),
    )


def test_pairs_say_whose_files_they_join_and_vllm_alone_stays_out() -> None:
    ours = [row("A", 1), row("B", 1, OTHER)]
    found = make_across(configs(*frames(ours, [theirs("B", 1, first_day=5), theirs("C", 2)])))
    said = found[["source_runtime", "source", "target_runtime", "target"]].to_numpy().tolist()
    assert said == [["sglang", "B", "vllm", "A"], ["vllm", "A", "sglang", "B"]]
    assert found["identical"].tolist() == [True, True]
    assert found["gap_days_first"].tolist() == [-4.0, 4.0]


def test_pairs_within_the_second_runtime() -> None:
    found = make_across(configs(*frames([], [theirs("A", 1), theirs("B", 1, OTHER)])))
    assert found["source"].tolist() == ["A", "B"]
    assert set(found["source_runtime"]) == set(found["target_runtime"]) == {"sglang"}
    assert not found["identical"].any()


def test_another_format_or_another_layer_is_no_pair() -> None:
    other = [theirs("B", 1, scheme="fp8_w8a8"), theirs("C", 1, N=7168), theirs("D", 1, E=16)]
    assert make_across(configs(*frames([row("A", 1)], other))).empty


def test_rejected_rows_join_nothing() -> None:
    assert make_across(configs(*frames([row("A", 1)], [theirs("B", 1, None)]))).empty


def test_a_name_with_packed_weights_is_of_a_layer_twice_as_wide() -> None:
    said = {"dtype": "int4_w4a16", "scheme": "int4_w4a16"}
    other = [theirs("B", 1, N=1792, **said), theirs("C", 1, N=3584, **said)]
    found = make_across(configs(*frames([row("A", 1, **said)], other)))
    across = found[found["source_runtime"] != found["target_runtime"]]
    assert set(across["source"]) == {"A", "B"}


def test_each_side_is_reachable_by_its_own_runtime() -> None:
    ours = [row("NVIDIA_H200", 1), row("NVIDIA_H20", 1, reachable=False)]
    found = make_across(configs(*frames(ours, [theirs("NVIDIA_H200_NVL", 1)])))
    into = found[found["target"] == "NVIDIA_H200_NVL"]
    assert into["target_reachable"].tolist() == [True, True]  # SGLang folds no names
    assert into.set_index("source")["source_reachable"].to_dict() == {
        "NVIDIA_H20": False,
        "NVIDIA_H200": True,
    }


@pytest.mark.parametrize(
    ("one", "two", "stands"),
    [
        ({"triton_version": "3.9.0"}, {"triton_version": "3.10.0"}, "two"),
        ({"triton_version": "3.1.0"}, {"triton_version": None}, "one"),
        ({"triton_version": "3.1.0"}, {"triton_version": "3.2.0", "present": False}, "one"),
    ],
)
def test_of_two_files_the_one_of_the_newest_triton_stands(
    one: dict, two: dict, stands: str
) -> None:
    files = [theirs("A", 1, file="one", **one), theirs("A", 1, OTHER, file="two", **two)]
    found = make_across(configs(*frames([], [*files, theirs("B", 1)])))
    assert set(found["source_file"]) & {"one", "two"} == {stands}


def test_arrivals_are_of_the_first_file_and_count_the_same_configs() -> None:
    ours = [row("A", 1, first_day=3), row("A", 2, first_day=3), row("B", 1), row("D", 1)]
    other = [
        theirs("A", 1, first_day=13, triton_version="3.1.0", file="x"),
        theirs("A", 1, OTHER, first_day=20, triton_version="3.2.0", file="y"),
        theirs("A", 2, first_day=20, triton_version="3.2.0", file="y"),
        theirs("C", 1),
        theirs("D", 4, first_day=1),
    ]
    arrivals = make_arrivals(configs(*frames(ours, other)))
    assert arrivals["device"].tolist() == ["A", "D"]
    assert arrivals["gap_days"].tolist() == [10.0, 0.0]
    assert arrivals["with_folder"].tolist() == [False, True]
    assert arrivals[["batches", "identical"]].to_numpy().tolist() == [[2, 1], [0, 0]]
    rates = arrival_rates(arrivals).set_index("arrived")
    assert rates.loc["all", ["n", "median"]].tolist() == [2, 5.0]
    assert rates.loc["after_first", ["n", "median"]].tolist() == [1, 10.0]


def test_counts_of_what_a_second_runtime_adds() -> None:
    ours, other = frames(
        [row("A", 1), row("B", 1), row("B", 2, None)],
        [theirs("B", 1), theirs("C", 1), theirs(None, None, None, reason="odd_name")],
    )
    found = make_runtimes(configs(ours, other), ours, other).set_index("corpus")
    assert found["keys"].to_dict() == {"vllm": 2, "sglang": 2, "both": 3}
    assert found["new_keys"].to_dict() == {"vllm": 0, "sglang": 1, "both": 1}
    assert found["pair_layers"].to_dict() == {"vllm": 2, "sglang": 2, "both": 6}
    assert found["rejected"].to_dict() == {"vllm": 1, "sglang": 1, "both": 2}
    reasons = make_rejected(ours, other)
    assert reasons.to_numpy().tolist() == [
        ["vllm", "bad_value", 1, 1],
        ["sglang", "odd_name", 1, 1],
    ]


@pytest.mark.parametrize(("ours", "other"), [([], []), ([row("A", 1)], []), ([], [theirs("A", 1)])])
def test_a_runtime_without_configs_is_no_error(
    ours: list[dict], other: list[dict], tmp_path: Path
) -> None:
    write_rows(tmp_path / "v.parquet", ours, HISTORY)
    write_rows(tmp_path / "s.parquet", other, RUNTIME_HISTORY)
    options = ["--history", str(tmp_path / "v.parquet"), "--sglang", str(tmp_path / "s.parquet")]
    assert main([*options, "--out", str(tmp_path)]) == 0
    assert read_table(tmp_path / "arrivals.parquet", ARRIVALS).empty


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of the recorded histories, made twice."""
    if not SGLANG.exists():
        pytest.skip("no recorded history of SGLang; restore it with `make restore`")
    outs = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    for out in outs:
        options = ["--history", str(VLLM), "--sglang", str(SGLANG), "--out", str(out)]
        assert main(options) == 0
    for table in TABLES:
        one, two = ((out / f"{table.name}.parquet").read_bytes() for out in outs)
        assert one == two
    return outs[0]


def test_counts_of_the_recorded_histories(recorded: Path) -> None:
    found = read_table(recorded / "runtimes.parquet", RUNTIMES).set_index("corpus")
    assert found["pair_layers"].to_dict() == {"vllm": 702, "sglang": 638, "both": 1162}
    assert found["pairs"].to_dict() == {"vllm": 206, "sglang": 162, "both": 298}
    assert found.loc["sglang", ["files", "entries", "new_keys"]].tolist() == [409, 7045, 171]
    assert len(read_table(recorded / "arrivals.parquet", ARRIVALS)) == 157
