"""Triples and pairs, by example and against a plain count."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from scripts.corpus.pairs import make_pairs
from scripts.corpus.triples import make_triples
from scripts.lib.schemas.corpus import PAIRS, TRIPLES
from scripts.lib.tables import to_arrow
from tests.corpus.conftest import OTHER, history, row

DEVICES = st.sampled_from(["A", "B", "C"])
SHAPES = st.sampled_from(
    [{}, {"E": 16}, {"N": 7168}, {"dtype": "fp8_w8a8", "scheme": "fp8_w8a8"}, {"backend": "x"}]
)


def test_both_directions_and_the_gap_of_each() -> None:
    triples = make_triples(history(row("A", 1, day=2), row("B", 1, day=5, first_day=3)))
    assert triples[["source", "target"]].to_numpy().tolist() == [["A", "B"], ["B", "A"]]
    assert triples["gap_days_last"].tolist() == [3.0, -3.0]
    assert triples["gap_days_first"].tolist() == [2.0, -2.0]
    assert triples["source_file"].tolist() == triples["target_file"].tolist()[::-1]


def test_only_the_same_shape_and_batch_meet() -> None:
    rows = [row("A", 1), row("B", 2), row("B", 1, E=16), row("B", 1, N=7), row("B", 1, backend="x")]
    assert make_triples(history(*rows)).empty
    assert make_triples(history(row("A", 1), row("B", 1, dtype="bf16"))).empty


def test_what_each_side_says_is_kept_and_nothing_is_filtered() -> None:
    rows = [
        row("A", 1, reachable=False),
        row("B", 1, None, entry="{}", reason="foreign_kernel"),
        row("C", 1, OTHER, censored="tiles_multiple_of_block"),
    ]
    triples = make_triples(history(*rows)).set_index(["source", "target"])
    assert len(triples) == 6
    assert triples.loc[("A", "C"), "target_censored"] == "tiles_multiple_of_block"
    assert triples.loc[("C", "A"), "source_config_id"] == OTHER
    assert not triples.loc[("A", "C"), "source_reachable"]
    assert triples["source_config_id"].isna().sum() == 2
    assert not triples["identical"].any()


def test_identical_compares_what_the_files_say() -> None:
    foreign = {"config": None, "entry": '{"tile_m":16}', "reason": "foreign_kernel"}
    same = make_triples(history(row("A", 1, **foreign), row("B", 1, **foreign)))
    assert same["identical"].all()
    assert make_triples(history(row("A", 1), row("B", 1)))["identical"].all()


def test_rows_without_a_device_or_batch_and_repeated_ones_do_not_count() -> None:
    rows = [
        row("A", 1),
        row("B", None, None, entry=None, reason="malformed_json"),
        row("B", 1, None, reason="duplicate_key"),
        row("B", 1, OTHER, position=1),
        row(None, 1, None, E=None, N=None, scheme=None, reason="odd_name"),
    ]
    triples = make_triples(history(*rows))
    assert triples["target_config_id"].tolist() == [OTHER, row("A", 1)["config_id"]]


@given(st.lists(st.tuples(DEVICES, SHAPES, st.integers(1, 3)), unique_by=str, min_size=1))
def test_counts_are_those_of_a_plain_loop(cells: list[tuple[str, dict[str, str], int]]) -> None:
    triples = make_triples(history(*(row(device, m, **shape) for device, shape, m in cells)))
    expected = [
        (one[0], two[0])
        for one, two in itertools.permutations(cells, 2)
        if one[1:] == two[1:] and one[0] != two[0]
    ]
    assert sorted(zip(triples["source"], triples["target"], strict=True)) == sorted(expected)
    pairs = make_pairs(triples)
    assert dict(zip(zip(pairs["source"], pairs["target"], strict=True), pairs["triples"],
                    strict=True)) == {pair: expected.count(pair) for pair in expected}  # fmt: skip
    for one, two, files in pairs[["source", "target", "file_pairs"]].itertuples(index=False):
        shapes = [
            [shape for device, shape, m in cells if device == d and (o, shape, m) in cells]
            for d, o in ((one, two), (two, one))
        ]
        assert files == len({str(shape) for shape in shapes[0]}) == len({str(s) for s in shapes[1]})
    assert to_arrow(triples, TRIPLES).num_rows == len(triples)
    assert to_arrow(pairs, PAIRS).num_rows == len(pairs)


def test_pairs_count_what_is_marked() -> None:
    rows = [
        row("A", 1, reachable=False, day=2),
        row("A", 2, reachable=False, day=2),
        row("B", 1, censored="tiles_multiple_of_block", day=3),
        row("B", 2, None, reason="foreign_kernel", day=1),
    ]
    pairs = make_pairs(make_triples(history(*rows))).set_index("source")
    assert pairs.loc["A"].drop("target").to_dict() == {
        "file_pairs": 1,
        "triples": 2,
        "identical": 1,
        "target_later": 1,
        "target_censored": 1,
        "unreachable": 2,
        "foreign": 1,
    }
    assert pairs.loc["B", "target_censored"] == 0
