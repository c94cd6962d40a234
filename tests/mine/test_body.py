"""Reading config files without trust: every oddity is an entry with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.config import Config
from scripts.lib.schemas.history import Reason
from scripts.mine.body import parse_body
from tests.mine.conftest import ENTRY

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def parse_one(entry: Any, key: str = "16") -> Any:
    (only,) = parse_body(json.dumps({key: entry}).encode()).entries
    return only


def test_a_good_file() -> None:
    content = {"triton_version": "3.6.0", "16": ENTRY, "1": ENTRY | {"waves_per_eu": 0}}
    body = parse_body(json.dumps(content).encode())
    assert body.triton_version == "3.6.0"
    assert [(e.position, e.batch, e.reason) for e in body.entries] == [(0, 16, None), (1, 1, None)]
    assert body.entries[0].config == Config(16, 64, 128, 1, 4, 3)
    assert body.entries[1].config == Config(16, 64, 128, 1, 4, 3, waves_per_eu=0)
    assert body.entries[0].text == json.dumps(ENTRY, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.MALFORMED_JSON),
        (b'{"16": {', Reason.MALFORMED_JSON),
        (b"\xef\xbb\xbf{}", Reason.MALFORMED_JSON),  # the runtime's reader fails on the mark too
        (b'{"16": "\xff"}', Reason.MALFORMED_JSON),
        (b"[" * 100_000, Reason.MALFORMED_JSON),
        (b'{"16": ' + b"9" * 5000 + b"}", Reason.MALFORMED_JSON),
        (b"[]", Reason.BAD_VALUE),
        (b"{}", Reason.NO_ENTRIES),
        (b'{"triton_version": "3.6.0"}', Reason.NO_ENTRIES),
    ],
)
def test_a_file_that_cannot_be_read_is_one_entry(content: bytes, reason: Reason) -> None:
    (entry,) = parse_body(content).entries
    assert (entry.batch, entry.position, entry.config, entry.reason) == (None, None, None, reason)
    assert entry.detail


@pytest.mark.parametrize(
    ("entry", "reason", "named"),
    [
        (ENTRY | {"BLOCK_SIZE_Q": 1}, Reason.UNKNOWN_KEY, "BLOCK_SIZE_Q"),
        ({k: v for k, v in ENTRY.items() if k != "num_warps"}, Reason.MISSING_KEY, "num_warps"),
        (ENTRY | {"num_warps": "4"}, Reason.BAD_VALUE, "num_warps"),
        (ENTRY | {"num_warps": 4.0}, Reason.BAD_VALUE, "num_warps"),
        (ENTRY | {"num_warps": True}, Reason.BAD_VALUE, "num_warps"),
        (ENTRY | {"num_stages": 0}, Reason.BAD_VALUE, "num_stages"),
        ({"tile_m": 16, "tile_n": 64}, Reason.FOREIGN_KERNEL, "FlyDSL"),
        (ENTRY | {"USE_TMA": True}, Reason.TMA, "TMA"),
        (ENTRY | {"USE_TMA": 1}, Reason.UNKNOWN_KEY, "USE_TMA"),
        ({}, Reason.MISSING_KEY, "BLOCK_SIZE_M"),
        (None, Reason.BAD_VALUE, "object"),
        ([1], Reason.BAD_VALUE, "object"),
    ],
)
def test_a_bad_entry_keeps_its_batch_and_text(entry: Any, reason: Reason, named: str) -> None:
    found = parse_one(entry)
    assert (found.batch, found.config, found.reason) == (16, None, reason)
    assert named in found.detail
    assert json.loads(found.text) == entry


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("notes", Reason.UNKNOWN_KEY),
        ("", Reason.UNKNOWN_KEY),
        ("0", Reason.BAD_VALUE),
        ("-1", Reason.BAD_VALUE),
        ("016", Reason.BAD_VALUE),
        ("9999999999", Reason.BAD_VALUE),
        ("\ud800", Reason.UNKNOWN_KEY),
    ],
)
def test_a_key_that_is_no_batch_size(key: str, reason: Reason) -> None:
    found = parse_one(ENTRY, key)
    assert (found.batch, found.config, found.reason) == (None, None, reason)


def test_of_a_repeated_batch_the_last_entry_stands() -> None:
    later = ENTRY | {"num_warps": 8}
    text = f'{{"1": {json.dumps(ENTRY)}, "2": {json.dumps(ENTRY)}, "1": {json.dumps(later)}}}'
    entries = parse_body(text.encode()).entries
    assert [e.reason for e in entries] == [Reason.DUPLICATE_KEY, None, None]
    assert entries[2].config == Config(16, 64, 128, 1, 8, 3)


def test_a_repeated_parameter_is_rejected() -> None:
    text = json.dumps(ENTRY)[:-1] + ', "num_warps": 8}'
    (entry,) = parse_body(f'{{"1": {text}}}'.encode()).entries
    assert (entry.config, entry.reason) == (None, Reason.DUPLICATE_KEY)


@given(st.binary())
def test_bytes_never_raise(content: bytes) -> None:
    assert parse_body(content).entries


@given(st.dictionaries(st.text() | st.integers().map(str), JSON))
def test_nothing_is_dropped(content: dict[str, Any]) -> None:
    body = parse_body(json.dumps(content).encode())
    read = len(content) - (body.triton_version is not None)
    assert len(body.entries) == max(read, 1)
    for entry in body.entries:
        assert (entry.config is None) == (entry.reason is not None)
        assert (entry.reason is None) == (entry.detail is None)


def test_a_kernel_variant_that_is_off_is_as_good_as_none() -> None:
    assert parse_one(ENTRY | {"USE_TMA": False}).config == Config(16, 64, 128, 1, 4, 3)


def test_a_version_where_the_loader_takes_every_key_for_a_batch_size() -> None:
    content = json.dumps({"triton_version": "3.6.0", "1": ENTRY}).encode()
    body = parse_body(content, versioned=False)
    assert body.triton_version is None
    assert [entry.reason for entry in body.entries] == [Reason.UNKNOWN_KEY, None]
