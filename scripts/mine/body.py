"""The content of a config file, read without trust: every oddity is an entry with a reason."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scripts.lib.config import ALL_KEYS, REQUIRED_KEYS, Config, ConfigError, from_entry
from scripts.lib.schemas.history import Reason

_VERSION_KEY = "triton_version"
_BATCH = re.compile(r"[1-9]\d{0,8}")
# Launch parameters of the FlyDSL MoE kernel, which shares the folder.
_FOREIGN_KEYS = frozenset({"tile_m", "tile_n", "tile_k", "tile_n2", "tile_k2"})
# SGLang's switch between two variants of its kernel; a false one is as good as none.
_TMA = "USE_TMA"


class _Object(list[tuple[str, Any]]):
    """A JSON object as its pairs in file order, so that a repeated key is seen."""


@dataclass(frozen=True)
class Entry:
    """One entry of a file: a config, or the reason why it is none.

    ``position`` counts from 0 and is None where the file as a whole could not be read.
    """

    position: int | None = None
    batch: int | None = None
    config: Config | None = None
    text: str | None = None
    reason: Reason | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Body:
    """All entries of a file in file order, at least one."""

    entries: tuple[Entry, ...]
    triton_version: str | None = None


def parse_body(content: bytes, versioned: bool = True) -> Body:
    """Read a config file. Never raises; what cannot be read is said in the entries.

    ``versioned``: the file may say its ``triton_version``; SGLang's loader fails on the key.
    """
    try:
        return _read(json.loads(content.decode("utf-8"), object_pairs_hook=_Object), versioned)
    except (ValueError, RecursionError) as error:
        return _unreadable(Reason.MALFORMED_JSON, str(error))


def printable(text: str) -> str:
    """Text from outside as it can be stored: lone surrogates and the like are spelt out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def rejected(entries: Iterable[Entry], reason: Reason, why: str) -> tuple[Entry, ...]:
    """The entries, all of them rejected for what their file is."""
    found = []
    for entry in entries:
        besides = f"; besides: {entry.reason}, {entry.detail}" if entry.reason else ""
        detail = f"{why}{besides}"
        found.append(Entry(entry.position, entry.batch, None, entry.text, reason, detail))
    return tuple(found)


def _read(pairs: Any, versioned: bool) -> Body:
    if not isinstance(pairs, _Object):
        return _unreadable(Reason.BAD_VALUE, "the file holds no JSON object")
    version = None
    entries: list[Entry] = []
    for key, value in pairs:
        if versioned and key == _VERSION_KEY and isinstance(value, str):
            version = printable(value)
        else:
            entries.append(_entry(len(entries), key, value))
    if not entries:
        return _unreadable(Reason.NO_ENTRIES, "the file holds no batch size")
    return Body(tuple(_mark_duplicates(entries)), version)


def _unreadable(reason: Reason, detail: str) -> Body:
    return Body((Entry(reason=reason, detail=printable(detail)),))


def _entry(position: int, key: str, value: Any) -> Entry:
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))
    if not _BATCH.fullmatch(key):
        numeric = key.strip().lstrip("+-").isdigit()
        reason = Reason.BAD_VALUE if numeric else Reason.UNKNOWN_KEY
        detail = f"{key!a} is not a batch size"
        return Entry(position, None, None, text, reason, detail)
    config, reason_or_none, detail_or_none = _config(value)
    return Entry(position, int(key), config, text, reason_or_none, detail_or_none)


def _config(value: Any) -> tuple[Config | None, Reason | None, str | None]:
    if not isinstance(value, _Object):
        return None, Reason.BAD_VALUE, "the entry is no JSON object"
    entry = dict(value)
    if len(entry) < len(value):
        return None, Reason.DUPLICATE_KEY, "a key stands twice in the entry"
    if entry and _FOREIGN_KEYS.issuperset(entry):
        return None, Reason.FOREIGN_KERNEL, "launch parameters of the FlyDSL kernel"
    if entry.get(_TMA) is True:
        return None, Reason.TMA, "launch parameters of the variant that loads by TMA"
    if entry.get(_TMA) is False:
        del entry[_TMA]
    try:
        return from_entry(entry), None, None
    except ConfigError as error:
        return None, _reason(entry), printable(str(error))


def _reason(entry: dict[str, Any]) -> Reason:
    if not ALL_KEYS.keys() >= entry.keys():
        return Reason.UNKNOWN_KEY
    if not entry.keys() >= REQUIRED_KEYS.keys():
        return Reason.MISSING_KEY
    return Reason.BAD_VALUE


def _mark_duplicates(entries: list[Entry]) -> list[Entry]:
    """Reject all but the last entry of a batch size: the last is the one a JSON reader keeps."""
    last = {entry.batch: entry.position for entry in entries if entry.batch is not None}
    detail = "a later entry of the file has the same batch size"
    return [
        entry
        if entry.batch is None or last[entry.batch] == entry.position
        else Entry(entry.position, entry.batch, None, entry.text, Reason.DUPLICATE_KEY, detail)
        for entry in entries
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, _Object):
        return {key: _plain(item) for key, item in value}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
