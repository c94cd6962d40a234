"""Rows of the history, from made repositories."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.history import HISTORY, Reason, Status
from scripts.mine.git import Change, Commit, Repository, TreeFile
from scripts.mine.history import Snapshot, history_rows
from scripts.mine.mine import read_snapshot
from tests.mine.conftest import BLOCK, ENTRY, FOLDER, H100, MI300X, Clone, body


def rows_of(clone: Clone, name: str) -> list[dict[str, Any]]:
    rows = history_rows(read_snapshot(Repository(clone.path), clone.upstream))
    return [row for row in rows if row["file"] == name]


def test_every_file_has_its_rows(mined: Clone) -> None:
    rows = history_rows(read_snapshot(Repository(mined.path), mined.upstream))
    found = [(row["file"], row["batch"], row["status"], row["reason"]) for row in rows]
    config, rejected = Status.CONFIG, Status.REJECTED
    assert found == [
        (BLOCK, 1, config, None),
        (MI300X, 1, config, None),
        (MI300X, 2, config, None),
        (H100, 1, config, None),
        (H100, 4, config, None),
        ("E=8,N=7168,device_name=NVIDIA_H200.json", None, rejected, Reason.MALFORMED_JSON),
        ("README", None, rejected, Reason.NOT_JSON),
        ("odd.json", 1, rejected, Reason.ODD_NAME),
    ]
    assert all(list(row) == list(rows[0]) and set(row) == set(HISTORY.names) for row in rows)


def test_the_columns_of_a_row(mined: Clone) -> None:
    row = rows_of(mined, H100)[1]
    first, last = mined.git("log", "--format=%H", "--reverse", "--", f"{FOLDER}/{H100}").split()
    assert (row["E"], row["N"], row["device"]) == (8, 3584, "NVIDIA_H100_80GB_HBM3")
    assert (row["scheme"], row["dtype"], row["position"]) == ("bf16", "", 1)
    assert row["config_id"] == "M16-N64-K128-G1-W4-S3"
    assert row["blob_id"] == mined.git("rev-parse", f"HEAD:{FOLDER}/{H100}")
    assert (row["first_commit"], row["last_commit"]) == (first, last)
    assert row["first_commit_date"] == "2023-11-15T22:13:20Z"
    assert row["last_author_date"] == "2023-11-17T22:13:20Z"
    assert row["pinned_commit"] == mined.head


def test_an_odd_name_keeps_what_else_is_wrong(clone: Clone) -> None:
    clone.commit_files({"odd.json": '{"1": {"num_warps": 4}}'})
    (row,) = rows_of(clone, "odd.json")
    assert (row["reason"], row["batch"], row["device"]) == (Reason.ODD_NAME, 1, None)
    assert "missing_key" in row["detail"]
    assert row["entry"] == '{"num_warps":4}'


def test_a_link_and_a_file_in_a_subfolder_are_rows(clone: Clone) -> None:
    clone.commit_files({f"old/{H100}": body(M1=ENTRY)})
    (clone.path / FOLDER / MI300X).symlink_to(f"old/{H100}")
    clone.commit_all()
    assert rows_of(clone, f"old/{H100}")[0]["reason"] == Reason.ODD_NAME
    assert rows_of(clone, MI300X)[0]["reason"] == Reason.NOT_JSON


def test_a_renamed_file_starts_anew(clone: Clone) -> None:
    clone.commit_files({MI300X: body(M1=ENTRY)})
    (clone.path / FOLDER / MI300X).rename(clone.path / FOLDER / H100)
    renamed = clone.commit_all()
    (row,) = rows_of(clone, H100)
    assert row["first_commit"] == row["last_commit"] == renamed
    assert rows_of(clone, MI300X) == []


def test_a_file_that_came_back_keeps_its_first_commit(clone: Clone) -> None:
    first = clone.commit_files({H100: body(M1=ENTRY), "keep": ""})
    clone.commit_files({H100: None})
    again = clone.commit_files({H100: body(M1=ENTRY)})
    (row,) = rows_of(clone, H100)
    assert (row["first_commit"], row["last_commit"]) == (first, again)


def test_a_version_turned_down_by_a_merge_is_not_the_last(clone: Clone) -> None:
    clone.commit_files({H100: body(M1=ENTRY)})
    clone.git("checkout", "--quiet", "-b", "side")
    clone.commit_files({H100: body(M2=ENTRY), MI300X: body(M1=ENTRY)})
    clone.git("checkout", "--quiet", "main")
    kept = clone.commit_files({H100: body(M4=ENTRY)})
    clone.git("checkout", "--quiet", "side")
    clone.commit_files({H100: body(M8=ENTRY)})
    clone.git("checkout", "--quiet", "main")
    clone.merge("side", "--strategy-option=ours")
    (row,) = rows_of(clone, H100)
    assert (row["batch"], row["last_commit"]) == (4, kept)


def test_a_change_of_mode_touches_a_file(clone: Clone) -> None:
    clone.commit_files({H100: body(M1=ENTRY)})
    (clone.path / FOLDER / H100).chmod(0o755)
    touched = clone.commit_all()
    (row,) = rows_of(clone, H100)
    assert (row["last_commit"], row["reason"]) == (touched, None)


def test_a_file_without_history_is_an_error() -> None:
    commit = Commit("c" * 40, 0, 0)
    files = (TreeFile(H100, "b" * 40, True),)
    other = (Change(commit, H100, "d" * 40),)
    with pytest.raises(InputError, match="is the clone whole"):
        history_rows(Snapshot(commit.hash, files, other, {"b" * 40: b"{}"}))
