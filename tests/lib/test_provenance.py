"""Provenance is read from files of the repository, and bad ones are named."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.files import InputError
from scripts.lib.provenance import dataset_hashes, pinned_packages, upstream_commit

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,12}[a-z0-9]", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}", fullmatch=True)


@given(pins=st.dictionaries(NAMES, VERSIONS, min_size=1, max_size=8))
def test_every_pin_of_a_lock_is_read(
    tmp_path_factory: pytest.TempPathFactory, pins: dict[str, str]
) -> None:
    lock = tmp_path_factory.mktemp("lock") / "lock.txt"
    lines = [f"{name}=={version} ; python_version >= '3.11'" for name, version in pins.items()]
    lock.write_text("\n".join(["# made by a tool", "--require-hashes", *lines, "    --hash=x"]))
    assert pinned_packages(lock) == pins


@pytest.mark.parametrize("text", ["", "numpy>=2\n", "numpy==1\nnumpy==2\n"])
def test_a_lock_that_pins_nothing_or_twice_is_refused(tmp_path: Path, text: str) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(text)
    with pytest.raises(InputError, match=r"lock\.txt"):
        pinned_packages(lock)


def test_hashes_are_of_the_content(tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(b"abc")
    assert dataset_hashes([path]) == {path.as_posix(): hashlib.sha256(b"abc").hexdigest()}
    with pytest.raises(InputError, match="absent"):
        dataset_hashes([tmp_path / "absent"])


def test_upstream_commit(tmp_path: Path) -> None:
    path = tmp_path / "upstream.yaml"
    path.write_text(f"url: x\ncommit: {'a1' * 20}\n")
    assert upstream_commit(path) == "a1" * 20


@pytest.mark.parametrize("text", ["commit: abc", "- x", "commit: 5", "a: [", "", "commit: \x00"])
def test_a_commit_that_is_not_a_full_hash_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "upstream.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"upstream\.yaml"):
        upstream_commit(path)
