"""The history of SGLang's config files, from git or from releases: a row per (file, batch)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from scripts.lib.runtimes.file_name import FileName
from scripts.lib.schemas.history import Reason, SourceKind
from scripts.mine.body import Entry, parse_body, rejected
from scripts.mine.censoring import censored
from scripts.mine.git import Change, Commit, TreeFile
from scripts.mine.history import Snapshot, entry_columns, iso_date, span
from scripts.mine.names import oddity, sglang_name

RUNTIME = "sglang"


def runtime_rows(snapshot: Snapshot, kind: SourceKind) -> list[dict[str, Any]]:
    """Rows of the RUNTIME_HISTORY table, by file name and then place in the file.

    Raises InputError if a file has no history, which a whole clone cannot show.
    """
    touched: dict[str, list[Change]] = defaultdict(list)
    for change in snapshot.changes:
        touched[change.path].append(change)
    origins = _moves(snapshot.changes)
    left = set(origins.values())
    gone = [file for file in snapshot.removed if file.path not in left]
    here = {file.path for file in snapshot.files}
    rows = []
    for file in sorted([*snapshot.files, *gone], key=lambda file: file.path):
        _, last = span(file, touched[file.path])
        common = {
            "runtime": RUNTIME,
            "source": kind,
            "pinned": snapshot.commit,
            "file": file.path,
            "blob_id": file.blob,
            "present": file.path in here,
        }
        dates = _dates("first", _first(file.path, touched, origins)) | _dates("last", last)
        rows += [common | row | dates for row in _file_rows(file, snapshot.blobs)]
    return rows


def _dates(which: str, commit: Commit) -> dict[str, str]:
    return {which: commit.hash, f"{which}_date": iso_date(commit.commit_time)}


def _moves(changes: Sequence[Change]) -> dict[str, str]:
    """New path -> old one, of files that one commit or release put into another folder.

    Moved is what keeps its base name and its content while the old path goes.
    """
    content: dict[str, str] = {}
    moved: dict[str, str] = {}
    for group in _by_commit(reversed(changes)):
        there = {change.path: change.blob for change in group}
        left = {
            (PurePosixPath(path).name, content[path]): path
            for path, blob in there.items()
            if blob is None and path in content
        }
        for path, blob in there.items():
            old = left.get((PurePosixPath(path).name, blob or ""))
            if old is not None and path not in content:
                moved[path] = old
        for path, blob in there.items():
            content.pop(path, None)
            if blob is not None:
                content[path] = blob
    return moved


def _by_commit(changes: Iterator[Change]) -> Iterator[list[Change]]:
    group: list[Change] = []
    for change in changes:
        if group and group[-1].commit != change.commit:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _first(
    path: str, touched: Mapping[str, Sequence[Change]], origins: Mapping[str, str]
) -> Commit:
    """What brought the file, under the first of its paths."""
    seen = {path}
    while (old := origins.get(path)) is not None and old not in seen:
        seen.add(old)
        path = old
    return touched[path][-1].commit


def _file_rows(file: TreeFile, blobs: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    name, triton = sglang_name(file.path) or (None, None)
    entries = _entries(file, name, blobs)
    configs = [entry.config for entry in entries if entry.config is not None]
    columns = _name_columns(name) | {
        "triton_version": triton,
        "censored": None if name is None else censored(name, configs),
    }
    for entry in entries:
        yield columns | entry_columns(entry)


def _entries(
    file: TreeFile, name: FileName | None, blobs: Mapping[str, bytes]
) -> tuple[Entry, ...]:
    if not file.regular or not file.path.endswith(".json"):
        return (Entry(reason=Reason.NOT_JSON, detail="no regular file named *.json"),)
    entries = parse_body(blobs[file.blob], versioned=False).entries
    if name is None:
        return rejected(entries, Reason.ODD_NAME, oddity(file.path))
    if name.down:
        why = "configs of the second GEMM alone; a config here is of both"
        return rejected(entries, Reason.DOWN_PROJECTION, why)
    return entries


def _name_columns(name: FileName | None) -> dict[str, Any]:
    return {
        "E": name.experts if name else None,
        "N": name.intermediate if name else None,
        "dtype": name.dtype if name else "",
        "block_shape": name.block_shape if name else "",
        "per_channel": name.per_channel if name else False,
        "down": name.down if name else False,
        "scheme": name.scheme if name else None,
        "device": name.device if name else None,
    }
