"""Files that are either whole or absent."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.files import (
    InputError,
    need_folder,
    read_json,
    read_yaml,
    replacing,
    sha256,
    write_json,
    write_text,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_a_written_file_is_whole_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.txt"
    write_text(path, "größer\n")
    assert path.read_bytes() == "größer\n".encode()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_while_writing_leaves_the_old_file(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def write_half() -> None:
        with replacing(path) as temporary:
            temporary.write_text("ne")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="folder cannot be made"):
        write_text(tmp_path / "file" / "out.txt", "")


def test_a_target_that_cannot_be_replaced_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="could not be written"):
        write_text(tmp_path / "out", "")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@given(JSON)
def test_json_comes_back(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.mktemp("json") / "value.json"
    write_json(path, value)
    assert read_json(path) == value


def test_json_does_not_depend_on_the_order_of_keys(tmp_path: Path) -> None:
    write_json(tmp_path / "one.json", {"a": 1, "b": {"c": 2, "d": 3}})
    write_json(tmp_path / "two.json", {"b": {"d": 3, "c": 2}, "a": 1})
    assert sha256(tmp_path / "one.json") == sha256(tmp_path / "two.json")


def test_bad_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    with pytest.raises(InputError, match=r"value\.json: not found"):
        read_json(path)
    for content in (b'{"a": ', b"\xff"):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"value\.json: not valid JSON"):
            read_json(path)


@given(st.binary(max_size=3 << 20))
def test_sha256(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("hash") / "file"
    path.write_bytes(content)
    assert sha256(path) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("read", [read_json, read_yaml])
def test_what_is_no_text_of_its_kind_is_bad_input(tmp_path: Path, read) -> None:
    path = tmp_path / "given"
    for held in ("9" * 5000, "[" * 100_000, "{", "2026-13-01"):
        path.write_text(held)
        with pytest.raises(InputError, match=f"{path}: not valid"):
            read(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=f"{path}: not valid"):
        read(path)
    with pytest.raises(InputError, match=f"{tmp_path}: is a folder"):
        read(tmp_path)


def test_a_name_that_yaml_has_twice_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "given.yaml"
    path.write_text("a: &all {x: 1, y: 2}\nb:\n  - {<<: *all, x: 3}\nc: *all\n")
    assert read_yaml(path)["b"] == [{"x": 3, "y": 2}]
    path.write_text("a: 1\nb:\n  - c: 1\n    d: 2\n    c: 3\n")
    with pytest.raises(InputError, match=r"line [35]: 'c' stands there twice"):
        read_yaml(path)
    path.write_text("")
    assert read_yaml(path) is None


def test_a_folder_to_write_to_is_asked_for_before_the_work(tmp_path: Path) -> None:
    need_folder(tmp_path / "new" / "folder")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="file is no folder"):
            need_folder(path)
