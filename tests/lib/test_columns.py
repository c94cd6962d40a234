"""Archives of ledgers: every byte comes back, every change to a line is found and named."""

import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.ledger.archive import archive, main
from scripts.lib.chain import Chain, check_chain, read_chain, read_lines
from scripts.lib.columns import WHOLE_EVERY, Row, read_rows, rows_of, write_columns
from scripts.lib.files import InputError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
BODIES = st.lists(st.dictionaries(TEXT, VALUE, max_size=4), max_size=12)
LINES = 3 * WHOLE_EVERY


def written(path: Path, bodies: list[dict]) -> Path:
    chain = Chain(path)
    chain.extend(bodies, sync=False)
    chain.close()
    return path


@settings(max_examples=60)
@given(bodies=BODIES, block_lines=st.integers(1, 7))
def test_every_byte_comes_back(tmp_path_factory, bodies: list[dict], block_lines: int) -> None:
    folder = tmp_path_factory.mktemp("archive")
    ledger, packed = written(folder / "l.jsonl", bodies), folder / "l.columns.xz"
    write_columns(packed, rows_of(read_lines(ledger), ledger), block_lines)
    assert list(check_chain(packed)) == list(check_chain(ledger))
    archive(packed, folder / "again.jsonl")
    assert (folder / "again.jsonl").read_bytes() == ledger.read_bytes()
    assert list(read_rows(packed)) == list(rows_of(read_lines(ledger), ledger))


def test_hashes_that_can_be_computed_do_not_travel(tmp_path: Path) -> None:
    bodies = [{"kind": "attempt", "n": n, "us": n / 8} for n in range(3000)]
    ledger, packed = written(tmp_path / "l.jsonl", bodies), tmp_path / "l.columns.xz"
    archive(ledger, packed)
    assert packed.stat().st_size < len(lzma.compress(ledger.read_bytes())) / 3
    archive(ledger, tmp_path / "again.columns.xz")
    assert (tmp_path / "again.columns.xz").read_bytes() == packed.read_bytes()


@pytest.fixture(scope="module")
def rows(tmp_path_factory) -> list[Row]:
    folder = tmp_path_factory.mktemp("rows")
    # Of 16 bits a line, one in 65,536 neighbours looks like another, and the line after is named.
    # Among these lines there is no such pair.
    bodies = [{"kind": "odd", "n": n} if n % 2 else {"n": n, "us": n / 4} for n in range(LINES)]
    ledger = written(folder / "l.jsonl", bodies)
    return list(rows_of(read_lines(ledger), ledger))


def problems(path: Path, rows: list[Row]) -> dict[int, str]:
    write_columns(path, rows, block_lines=50)
    return {line.number: line.problem.what for line in check_chain(path) if line.problem}


def edited(row: Row, value: str = "7") -> Row:
    return row._replace(values=(*row.values[:-1], value))


@settings(max_examples=25)
@given(at=st.sets(st.integers(0, LINES - 1), min_size=1, max_size=4))
def test_edited_lines_are_named(tmp_path_factory, rows: list[Row], at: set[int]) -> None:
    changed = [edited(row, f"{n + 1}00") if n in at else row for n, row in enumerate(rows)]
    found = problems(tmp_path_factory.mktemp("edited") / "l.columns.xz", changed)
    assert found == {n + 1: "was edited after it was written" for n in at}


@settings(max_examples=25)
@given(at=st.integers(0, LINES - 2))
def test_a_line_deleted_added_or_moved_is_named(tmp_path_factory, rows, at: int) -> None:
    path = tmp_path_factory.mktemp("moved") / "l.columns.xz"
    loose = "does not follow the line before: one was deleted, added, moved or rewritten"
    assert problems(path, rows[:at] + rows[at + 1 :]) == {at + 1: loose}
    added = problems(path, [*rows[: at + 1], rows[(at + 50) % LINES], *rows[at + 1 :]])
    assert added == {at + 2: loose}
    swapped = problems(path, [*rows[:at], rows[at + 1], rows[at], *rows[at + 2 :]])
    assert min(swapped) == at + 1
    assert set(swapped.values()) == {loose}


def test_a_value_that_is_no_json_is_no_line(tmp_path: Path, rows: list[Row]) -> None:
    changed = [edited(row, "1,,") if n == 9 else row for n, row in enumerate(rows)]
    assert problems(tmp_path / "l.columns.xz", changed) == {10: "not a ledger line"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-20],
        lambda data: lzma.compress(lzma.decompress(data)[:-9]),
        lambda data: lzma.compress(lzma.decompress(data).replace(b'{"lines":', b'{"lines":1', 1)),
        lambda data: lzma.compress(b"\n".join(lzma.decompress(data).split(b"\n")[1:])),
        lambda data: b"no xz",
    ],
    ids=["truncated", "torn", "another-count", "another-format", "no-archive"],
)
def test_a_damaged_archive_is_bad_input(
    tmp_path: Path, rows: list[Row], damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "l.columns.xz"
    write_columns(path, rows)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=r"l\.columns\.xz: (not a readable|no archive)"):
        list(read_chain(path))


@pytest.mark.parametrize("change", [lambda s: s.replace('"n":1}', '"n":2}'), lambda s: s[:-9]])
def test_a_broken_ledger_is_not_archived(tmp_path: Path, change, capsys) -> None:
    ledger = written(tmp_path / "l.jsonl", [{"n": 0}, {"n": 1}])
    ledger.write_text(change(ledger.read_text()))
    out = tmp_path / "l.columns.xz"
    assert main(["--ledger", str(ledger), "--out", str(out)]) == 2
    assert f"{ledger}:2: " in capsys.readouterr().err
    assert not out.exists()


def test_an_out_of_another_kind_is_refused(tmp_path: Path, capsys) -> None:
    ledger = written(tmp_path / "l.jsonl", [{"n": 0}])
    assert main(["--ledger", str(ledger), "--out", str(tmp_path / "l.parquet")]) == 2
    assert "name it *.columns.xz for an archive" in capsys.readouterr().err
