"""A team's store: damage is an error, a killed push or pull is repeated, a recording is shared."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from scripts.lib.files import read_json
from tests.workflow.servers import (
    BUCKET,
    SSHD,
    Bucket,
    Folder,
    Objects,
    Remote,
    s3_server,
    ssh_server,
)
from tests.workflow.tree import IDENTITY, Clone

pytestmark = pytest.mark.workflow

HISTORY = "data/recorded/history.parquet"
LEDGERS = "results/tables/ledger/ledger.json"
REGISTRY, MANIFEST = "data/recordings.yaml", "data/recorded/SHA256SUMS"
SHARED = "gpt-oss-20b-tp2"
POINTERS = shutil.ignore_patterns("*.dvc", ".gitignore")


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    if SSHD is None:
        pytest.skip("no sshd on this machine; apt-get install openssh-server")
    with ssh_server(tmp_path_factory.mktemp("sshd")) as options:
        yield options


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("s3")) as url:
        yield url


@pytest.fixture(params=["folder", "ssh", "s3"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Remote:
    """An empty store of each kind."""
    folder = tmp_path / "shared"
    folder.mkdir()
    if request.param == "folder":
        return Remote(str(folder), {}, Folder(folder))
    if request.param == "ssh":
        options = request.getfixturevalue("ssh")
        return Remote(f"ssh://127.0.0.1{folder}", options, Folder(folder))
    url, prefix = request.getfixturevalue("s3"), hashlib.md5(bytes(folder)).hexdigest()
    options = {"endpointurl": url, "access_key_id": "test", "secret_access_key": "test"}
    return Remote(f"s3://{BUCKET}/{prefix}", options, Bucket(url, prefix))


def join(clone: Clone, remote: Remote) -> None:
    """Add the team's store to a clone, as README has it."""
    clone.run("dvc", "remote", "add", "--local", "team", remote.url)
    for option in ({"verify": "true"} | remote.options).items():
        clone.run("dvc", "remote", "modify", "--local", "team", *option)


def pointers(clone: Clone) -> dict[str, str]:
    """Digest of each recorded file that DVC tracks, by its path."""
    return {
        str(path.relative_to(clone.path))[: -len(".dvc")]: yaml.safe_load(path.read_text())["outs"][
            0
        ]["md5"]
        for path in (clone.path / "data").rglob("*.dvc")
        if path.is_file()
    }


def restored(clone: Clone) -> dict[str, str]:
    """Digest of what lies in the place of each, of those that are there."""
    return {
        name: hashlib.md5((clone.path / name).read_bytes()).hexdigest()
        for name in pointers(clone)
        if (clone.path / name).is_file()
    }


def forget(clone: Clone) -> None:
    """As a fresh clone: no recorded file, no cache."""
    for name in pointers(clone):
        (clone.path / name).unlink(missing_ok=True)
    shutil.rmtree(clone.path / ".dvc" / "cache", ignore_errors=True)


def flipped(content: bytes) -> bytes:
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    return bytes(changed)


def check_damage_is_an_error(clone: Clone, objects: Objects, remote: str) -> None:
    """Pull works; with the object truncated or altered it fails and restores nothing wrong."""
    digest = pointers(clone)[HISTORY]
    (name,) = (one for one in objects.names() if one.endswith(f"{digest[:2]}/{digest[2:]}"))
    content = objects.read(name)
    for damaged in (content[:100], flipped(content)):
        forget(clone)
        objects.write(name, damaged)
        failed = clone.run("dvc", "pull", "--remote", remote, HISTORY, status=None)
        assert HISTORY in failed.stdout
        assert not (clone.path / HISTORY).exists()
        objects.write(name, content)
    clone.run("dvc", "pull", "--remote", remote, HISTORY)
    assert (clone.path / HISTORY).read_bytes() == content


def kill_midway(clone: Clone, command: list[str], done: Callable[[], int], most: int) -> None:
    """Start a command, kill -9 it with all that it started where something is done, not all."""
    with subprocess.Popen(
        command, cwd=clone.path, env=clone.environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 120
        while not done():
            assert process.poll() is None, f"{command} ended before anything was done"
            assert time.monotonic() < deadline
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
    assert 0 < done() < most, "killed in the middle"


def test_store_in_the_repository(checkout: Callable[[], Clone]) -> None:
    clone = checkout()
    check_damage_is_an_error(clone, Folder(clone.path / "data" / "store"), "store")


def test_killed_pushes_and_pulls_are_repeated(
    checkout: Callable[[], Clone], remote: Remote
) -> None:
    clone = checkout()
    clone.run("dvc", "pull")
    join(clone, remote)
    wanted = pointers(clone)
    push = ["dvc", "push", "--jobs", "1", "--remote", "team"]
    most = len(set(wanted.values()))
    kill_midway(clone, push, lambda: len(remote.objects.names()), most)
    clone.run(*push)
    assert len(remote.objects.names()) == most
    for name in remote.objects.names():
        assert hashlib.md5(remote.objects.read(name)).hexdigest() == name[-33:].replace("/", "")
    forget(clone)
    pull = ["dvc", "pull", "--jobs", "1", "--remote", "team"]
    held = clone.path / ".dvc/cache/files/md5"
    kill_midway(clone, pull, lambda: len(Folder(held).names()), most)
    clone.run(*pull)
    assert restored(clone) == wanted
    check_damage_is_an_error(clone, remote.objects, "team")


def without(clone: Clone, name: str) -> None:
    """Take a recorded run of tuning out of a clone, as if it had never been made, and commit."""
    for path, split in ((REGISTRY, "\n\n"), (MANIFEST, "\n")):
        parts = (clone.path / path).read_text(encoding="utf-8").split(split)
        kept = [part for part in parts if f"name: {name}\n" not in part and f"/{name}/" not in part]
        assert len(kept) < len(parts)
        (clone.path / path).write_text(split.join(kept), encoding="utf-8")
    shutil.rmtree(clone.path / "data/recorded/tuned" / name)
    clone.run("git", "add", "--all")
    clone.run("git", *IDENTITY, "commit", "--quiet", "--message", f"without {name}")


def test_a_recording_is_shared_by_its_entry(made: Clone, tmp_path: Path) -> None:
    """One records, commits and pushes; a colleague pulls and repeats: the new ledger is judged."""
    shared = tmp_path / "shared"
    shared.mkdir()
    ours, theirs = made.copy(tmp_path / "ours"), made.copy(tmp_path / "theirs")
    without(theirs, SHARED)
    ours.run("git", "pull", "--quiet", str(theirs.path), "HEAD")
    for clone in (ours, theirs):
        join(clone, Remote(str(shared), {}, Folder(shared)))
    place = f"data/recorded/tuned/{SHARED}"
    assert not (ours.path / place / "tuned.json.dvc").exists()
    shutil.copytree(made.path / place, ours.path / place, dirs_exist_ok=True, ignore=POINTERS)
    shutil.copy(made.path / REGISTRY, ours.path / REGISTRY)
    ours.run("make", "record")
    ours.run("git", "add", "--all")
    ours.run("git", *IDENTITY, "commit", "--quiet", "--message", "a recording")
    ours.run("dvc", "push", "--remote", "team")

    theirs.run("git", "pull", "--quiet", str(ours.path), "HEAD")
    theirs.run("dvc", "pull", "--remote", "team")
    theirs.run("dvc", "repro", "ledger")
    scanned = read_json(theirs.path / LEDGERS)
    paths = [one["ledger"] for one in scanned["ledgers"]]
    assert f"{place}/ledger.columns.xz" in paths
    assert sorted(paths) == sorted(
        one["ledger"] for one in read_json(made.path / LEDGERS)["ledgers"]
    )
