"""Real git repositories, made on the fly."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.mine.upstream import Upstream

FOLDER = "vllm/model_executor/layers/fused_moe/configs"
ENTRY = {
    "BLOCK_SIZE_M": 16,
    "BLOCK_SIZE_N": 64,
    "BLOCK_SIZE_K": 128,
    "GROUP_SIZE_M": 1,
    "num_warps": 4,
    "num_stages": 3,
}
H100 = "E=8,N=3584,device_name=NVIDIA_H100_80GB_HBM3.json"
MI300X = "E=8,N=3584,device_name=AMD_Instinct_MI300X.json"
BLOCK = "E=256,N=128,device_name=NVIDIA_H20,dtype=fp8_w8a8,block_shape=[128,128].json"


def body(**entries: Any) -> str:
    """A config file; ``M1=…`` is the entry of batch size 1."""
    return json.dumps({key.removeprefix("M"): value for key, value in entries.items()})


class Clone:
    """A repository one can commit to; each commit is a day after the one before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._day = 0
        path.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "uploadpack.allowFilter", "true")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")

    def git(self, *arguments: str) -> str:
        """Run git; returns what it prints."""
        date = f"{1_700_000_000 + 86_400 * self._day} +0000"
        identity = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "A"), ("EMAIL", "a@example.org"), ("DATE", date))
        }
        command = ["git", "-c", "commit.gpgsign=false", *arguments]
        done = subprocess.run(
            command, cwd=self.path, env=os.environ | identity, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def commit_files(self, files: dict[str, str | bytes | None]) -> str:
        """Write (or with None remove) files of the folder, and commit. Returns the hash."""
        for name, content in files.items():
            target = self.path / FOLDER / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                target.unlink()
            else:
                target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.commit_all()

    def commit_all(self) -> str:
        """Commit the working tree as it is. Returns the hash."""
        self._day += 1
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", f"day {self._day}")
        return self.head

    def merge(self, branch: str, *options: str) -> str:
        """Merge a branch with a merge commit. Returns its hash."""
        self._day += 1
        self.git("merge", "--quiet", "--no-ff", "--no-edit", *options, branch)
        return self.head

    @property
    def head(self) -> str:
        """Hash of the checked-out commit."""
        return self.git("rev-parse", "HEAD")

    @property
    def upstream(self) -> Upstream:
        """A pin at the head."""
        return Upstream(self.path.as_uri(), (FOLDER,), self.head)

    def pin(self, path: Path) -> Path:
        """Write an upstream file that pins the head."""
        path.write_text(f"url: {self.path.as_uri()}\npath: {FOLDER}\ncommit: '{self.head}'\n")
        return path


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "upstream")


@pytest.fixture
def mined(clone: Clone) -> Clone:
    """A history with something of everything: edits, an odd name, a broken file, a README."""
    clone.commit_files({"README": "what this is\n", H100: body(M1=ENTRY)})
    clone.commit_files({MI300X: body(M1=ENTRY, M2=ENTRY), BLOCK: body(M1=ENTRY)})
    clone.commit_files({"odd.json": body(M1=ENTRY), H100: body(M1=ENTRY, M4=ENTRY)})
    clone.commit_files({"E=8,N=7168,device_name=NVIDIA_H200.json": "{"})
    return clone
