"""The history table, from what git says: one row per (file, batch), nothing dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scripts.lib.files import InputError
from scripts.lib.runtimes.file_name import FileName
from scripts.lib.runtimes.runtime import VLLM
from scripts.lib.schemas.history import Reason, Status
from scripts.mine.body import Body, Entry, parse_body, rejected
from scripts.mine.censoring import censored
from scripts.mine.git import Change, Commit, TreeFile
from scripts.mine.names import oddity, vllm_name


@dataclass(frozen=True)
class Snapshot:
    """What mining reads: the folder at the pinned commit, and every change that led there.

    ``changes`` has children before parents; ``blobs`` holds the content of all regular files.
    A release stands for a commit where packages are mined; ``removed``: the files that an earlier
    one had, as they last were.
    """

    commit: str
    files: tuple[TreeFile, ...]
    changes: tuple[Change, ...]
    blobs: dict[str, bytes]
    removed: tuple[TreeFile, ...] = ()


def history_rows(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Rows of the HISTORY table, by file name and then place in the file.

    Raises InputError if a file has no history, which a whole clone cannot show.
    """
    touched: dict[str, list[Change]] = {}
    for change in snapshot.changes:
        touched.setdefault(change.path, []).append(change)
    rows = []
    for file in sorted(snapshot.files, key=lambda file: file.path):
        first, last = span(file, touched.get(file.path, []))
        dates = _dates("first", first) | _dates("last", last)
        common = {"pinned_commit": snapshot.commit, "file": file.path, "blob_id": file.blob}
        rows += [common | row | dates for row in _file_rows(file, snapshot.blobs)]
    return rows


def span(file: TreeFile, changes: Sequence[Change]) -> tuple[Commit, Commit]:
    """First and last commit of a file; ``changes`` newest first.

    The first is the first that had a file of this path, even if it was removed and came back.
    The last is the newest whose outcome is the file as it is: a newer one can only be a branch
    whose version a merge turned down.
    """
    kept = [change.commit for change in changes if change.blob == file.blob]
    if not kept:
        raise InputError(f"{file.path}: no commit left the file as it is; is the clone whole?")
    return changes[-1].commit, kept[0]


def _dates(which: str, commit: Commit) -> dict[str, str]:
    return {
        f"{which}_commit": commit.hash,
        f"{which}_author_date": iso_date(commit.author_time),
        f"{which}_commit_date": iso_date(commit.commit_time),
    }


def iso_date(seconds: int) -> str:
    """Seconds since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _file_rows(file: TreeFile, blobs: dict[str, bytes]) -> Iterator[dict[str, Any]]:
    name = vllm_name(file.path)
    body = _body(file, name, blobs)
    configs = [entry.config for entry in body.entries if entry.config is not None]
    columns = _name_columns(name) | {
        "triton_version": body.triton_version,
        "reachable": name is not None and VLLM.reachable(name),
        "censored": None if name is None else censored(name, configs),
    }
    for entry in body.entries:
        yield columns | entry_columns(entry)


def _body(file: TreeFile, name: FileName | None, blobs: dict[str, bytes]) -> Body:
    if not file.regular or not file.path.endswith(".json"):
        return Body((Entry(reason=Reason.NOT_JSON, detail="no regular file named *.json"),))
    body = parse_body(blobs[file.blob])
    if name is not None:
        return body
    # Without a name nobody knows what the configs are for.
    return Body(rejected(body.entries, Reason.ODD_NAME, oddity(file.path)), body.triton_version)


def _name_columns(name: FileName | None) -> dict[str, Any]:
    return {
        "E": name.experts if name else None,
        "N": name.intermediate if name else None,
        "dtype": name.dtype if name else "",
        "block_shape": name.block_shape if name else "",
        "backend": name.backend if name else "",
        "scheme": name.scheme if name else None,
        "device": name.device if name else None,
    }


def entry_columns(entry: Entry) -> dict[str, Any]:
    """What an entry says of itself: the columns that every history has."""
    return {
        "batch": entry.batch,
        "position": entry.position,
        "config_id": entry.config.id if entry.config else None,
        "entry": entry.text,
        "status": Status.REJECTED if entry.reason else Status.CONFIG,
        "reason": entry.reason,
        "detail": entry.detail,
    }
