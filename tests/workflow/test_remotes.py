"""A damaged object is an error in every store: the embedded one, a folder, an SSH server."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.workflow.tree import Clone

pytestmark = pytest.mark.workflow

HISTORY = "data/recorded/history.parquet"
SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def only_object_of(clone: Clone, store: Path, name: str) -> Path:
    """The object in a store that holds a recorded file."""
    pointer = (clone.path / f"{name}.dvc").read_text(encoding="utf-8")
    digest = pointer.split("md5: ")[1].split()[0]
    found = store / "files" / "md5" / digest[:2] / digest[2:]
    found.chmod(0o644)
    return found


def forget(clone: Clone) -> None:
    """As a fresh clone: no recorded file, no cache."""
    (clone.path / HISTORY).unlink(missing_ok=True)
    shutil.rmtree(clone.path / ".dvc" / "cache", ignore_errors=True)


def check_damage_is_an_error(clone: Clone, store: Path, remote: str) -> None:
    """Pull works; with the object truncated or altered it fails and restores nothing wrong."""
    clone.run("dvc", "pull", "--remote", remote)
    for damage in (truncate, flip):
        forget(clone)
        stored = only_object_of(clone, store, HISTORY)
        content = stored.read_bytes()
        damage(stored)
        failed = clone.run("dvc", "pull", "--remote", remote, HISTORY, status=None)
        assert HISTORY in failed.stdout
        assert not (clone.path / HISTORY).exists()
        stored.write_bytes(content)
    clone.run("dvc", "pull", "--remote", remote, HISTORY)
    assert (clone.path / HISTORY).exists()


def test_store_in_the_repository(checkout: Callable[[], Clone]) -> None:
    clone = checkout()
    check_damage_is_an_error(clone, clone.path / "data" / "store", "store")


def test_shared_folder(checkout: Callable[[], Clone], tmp_path: Path) -> None:
    clone, shared = checkout(), tmp_path / "shared"
    clone.run("dvc", "pull")
    clone.run("dvc", "remote", "add", "--local", "team", str(shared))
    clone.run("dvc", "remote", "modify", "--local", "team", "verify", "true")
    clone.run("dvc", "push", "--remote", "team")
    forget(clone)
    check_damage_is_an_error(clone, shared, "team")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An SSH server on loopback, with keys of its own; yields its port and the client's key."""
    if SSHD is None:
        pytest.skip("no sshd on this machine; apt-get install openssh-server")
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "client"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    shutil.copy(folder / "client.pub", folder / "authorized_keys")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "PidFile": "none",
        "StrictModes": "no",
        "PasswordAuthentication": "no",
        "UsePAM": "no",
        "PermitRootLogin": "prohibit-password",
        "Subsystem": "sftp internal-sftp",
    }
    (folder / "config").write_text("".join(f"{k} {v}\n" for k, v in settings.items()))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where sshd drops its privileges to
    log = folder / "log"
    with subprocess.Popen([SSHD, "-D", "-f", folder / "config", "-E", log]) as process:
        try:
            wait_for(port, process, log)
            yield {"port": str(port), "key": str(folder / "client")}
        finally:
            process.terminate()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(100):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"sshd does not answer on port {port}")


def test_ssh_server(checkout: Callable[[], Clone], tmp_path: Path, server: dict[str, str]) -> None:
    clone, shared = checkout(), tmp_path / "served"
    shared.mkdir()
    clone.run("dvc", "pull")
    clone.run("dvc", "remote", "add", "--local", "team", f"ssh://127.0.0.1{shared}")
    for option in (
        ("port", server["port"]),
        ("user", getpass.getuser()),
        ("keyfile", server["key"]),
        ("verify", "true"),
    ):
        clone.run("dvc", "remote", "modify", "--local", "team", *option)
    clone.run("dvc", "push", "--remote", "team")
    forget(clone)
    check_damage_is_an_error(clone, shared, "team")
