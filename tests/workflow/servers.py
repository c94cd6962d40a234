"""What a team's store can be: a folder, a real SSH server and an S3 server on loopback."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
BUCKET = "graphx"


class Objects(Protocol):
    """The objects in a store, by their paths."""

    def names(self) -> set[str]:
        """Of all that are whole: what is written under a passing name is none."""

    def read(self, name: str) -> bytes:
        """The content of one."""

    def write(self, name: str, content: bytes) -> None:
        """Put content in its place."""


@dataclass(frozen=True)
class Remote:
    """A store: its address, DVC's options for it, and what lies in it, looked at from behind."""

    url: str
    options: dict[str, str]
    objects: Objects


class Folder:
    """Objects in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> set[str]:
        found = (path for path in self.path.rglob("*") if path.is_file())
        names = {path.relative_to(self.path).as_posix() for path in found}
        return {name for name in names if len(name.rsplit("/", 1)[-1]) == 30}

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        # DVC removes an object that it finds damaged; what it puts there is read-only.
        (self.path / name).unlink(missing_ok=True)
        (self.path / name).write_bytes(content)


class Bucket:
    """Objects in S3."""

    def __init__(self, url: str, prefix: str) -> None:
        import boto3

        self.prefix = prefix
        self.client: Any = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip

    def names(self) -> set[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=BUCKET, Prefix=self.prefix
        )
        return {
            one["Key"].removeprefix(f"{self.prefix}/")
            for page in pages
            for one in page.get("Contents", ())
        }

    def read(self, name: str) -> bytes:
        found = self.client.get_object(Bucket=BUCKET, Key=f"{self.prefix}/{name}")
        return bytes(found["Body"].read())

    def write(self, name: str, content: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=f"{self.prefix}/{name}", Body=content)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def ssh_server(folder: Path) -> Iterator[dict[str, str]]:
    """An SSH server with keys of its own; yields DVC's options for a remote on it."""
    assert SSHD is not None
    for name in ("host", "client"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    shutil.copy(folder / "client.pub", folder / "authorized_keys")
    port = free_port()
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
    with _served([SSHD, "-D", "-f", str(folder / "config"), "-E", str(log)], port, log):
        yield {
            "port": str(port), "user": getpass.getuser(), "keyfile": str(folder / "client"),
        }  # fmt: skip


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """An S3 server that holds one bucket in memory; yields its address."""
    port, log = free_port(), folder / "log"
    command = [sys.executable, "-c", "from moto.server import main; main()", "-p", str(port)]
    with _served(command, port, log):
        url = f"http://127.0.0.1:{port}"
        Bucket(url, "").client.create_bucket(Bucket=BUCKET)
        yield url


@contextmanager
def _served(command: list[str], port: int, log: Path) -> Iterator[None]:
    with (
        log.open("ab") as said,
        subprocess.Popen(command, stdout=said, stderr=said) as process,
    ):
        try:
            _wait_for(port, process, log)
            yield
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"{command_name(process)} does not answer on port {port}")


def command_name(process: subprocess.Popen[bytes]) -> str:
    """The program of a process."""
    return str(process.args[0]) if isinstance(process.args, list) else str(process.args)
