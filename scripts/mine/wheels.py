"""A folder's history from the wheels of a package's releases.

A release stands for a commit. Its date is the newest date of a file in the wheel, which says when
the wheel was packed; wheels hold no zone, so a day is as fine as these dates are.
"""

from __future__ import annotations

import calendar
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.blob import blob_id
from scripts.lib.files import InputError
from scripts.mine.git import Change, Commit, TreeFile
from scripts.mine.history import Snapshot

# Tools that build the same bytes each time write 1980 or the like.
_FIRST_YEAR = 2000


@dataclass(frozen=True)
class Release:
    """A release: its version, packing date, and the folder's files by path below it."""

    commit: Commit
    files: Mapping[str, bytes]


def wheel_name(package: str, version: str) -> re.Pattern[str]:
    """Names of the wheels of a release."""
    stem = re.sub(r"[-_.]+", "_", package)
    return re.compile(rf"{re.escape(stem)}-{re.escape(version)}(-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl")


def find_wheel(folder: Path, package: str, version: str) -> Path | None:
    """The release's wheel in ``folder``; of several the first by name."""
    pattern = wheel_name(package, version)
    found = sorted(path for path in folder.glob("*.whl") if pattern.fullmatch(path.name))
    return found[0] if found else None


def read_release(path: Path, version: str, folders: Sequence[str]) -> Release:
    """Read one wheel. InputError if it is no zip file, has no such folder or no dates."""
    try:
        with zipfile.ZipFile(path) as wheel:
            members = [info for info in wheel.infolist() if not info.is_dir()]
            files = {}
            for info in members:
                inside = [f for f in folders if info.filename.startswith(f"{f}/")]
                if inside:
                    files[info.filename.removeprefix(f"{max(inside, key=len)}/")] = wheel.read(info)
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile) as error:
        raise InputError(f"{path}: not a readable wheel ({error}); remove it") from error
    if not files:
        raise InputError(f"{path}: no file under {' or '.join(folders)}; drop the release")
    packed = max(info.date_time for info in members)
    if packed[0] < _FIRST_YEAR:
        raise InputError(f"{path}: its files are dated {packed[0]}; the release has no date")
    seconds = calendar.timegm((*packed, 0, 0, 0))
    return Release(Commit(version, seconds, seconds), files)


def read_releases(
    folder: Path, package: str, versions: Sequence[str], folders: Sequence[str]
) -> Snapshot:
    """All pinned releases, oldest first, as one history."""
    releases = []
    for version in versions:
        path = find_wheel(folder, package, version)
        if path is None:
            raise InputError(
                f"{folder}: no wheel of {package} {version}; fetch it: python -m scripts.mine.fetch"
            )
        releases.append(read_release(path, version, folders))
    return as_history(releases)


def as_history(releases: Sequence[Release]) -> Snapshot:
    """Releases, oldest first, as the history of a folder. InputError if their dates go back."""
    changes: list[Change] = []
    blobs: dict[str, bytes] = {}
    before: dict[str, str] = {}
    last: dict[str, str] = {}
    when = 0
    for release in releases:
        if release.commit.commit_time < when:
            raise InputError(f"releases: {release.commit.hash} is dated before the one before it")
        when = release.commit.commit_time
        now = {path: blob_id(content) for path, content in release.files.items()}
        blobs |= {now[path]: content for path, content in release.files.items()}
        changed = [path for path in {**before, **now} if before.get(path) != now.get(path)]
        # Children before parents, as git has them.
        changes[:0] = [Change(release.commit, path, now.get(path)) for path in sorted(changed)]
        before, last = now, last | now
    files = tuple(TreeFile(path, blob, True) for path, blob in sorted(before.items()))
    gone = sorted((path, blob) for path, blob in last.items() if path not in before)
    removed = tuple(TreeFile(path, blob, True) for path, blob in gone)
    return Snapshot(releases[-1].commit.hash, files, tuple(changes), blobs, removed)
