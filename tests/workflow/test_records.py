"""A recorded file that is not the recorded one is an error under both entry points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.tree import ROOT, Clone

pytestmark = pytest.mark.workflow

HISTORY = "data/recorded/history.parquet"
UPSTREAM = ROOT.parent / "shared" / "upstream" / "vllm.git"
TRIALS = "data/recorded/measured/nvidia_h200-bf16/trials.parquet"


def edit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("command", [("make",), ("dvc", "repro")])
@pytest.mark.parametrize(("name", "damage"), [(HISTORY, edit), (TRIALS, truncate)])
def test_damaged_record(
    made: Clone,
    tmp_path: Path,
    command: tuple[str, ...],
    name: str,
    damage: Callable[[Path], None],
) -> None:
    clone = made.copy(tmp_path / "copy")
    damage(clone.path / name)
    failed = clone.run(*command, status=None)
    assert f"{name}: edited or damaged" in failed.stdout
    assert "make restore" in failed.stdout
    assert clone.results() == made.results()


def test_restore_brings_back_what_repro_took_for_a_new_version(made: Clone, tmp_path: Path) -> None:
    clone = made.copy(tmp_path / "copy")
    edit(clone.path / TRIALS)
    clone.run("dvc", "repro", status=None)
    clone.run("make", "restore")
    clone.run("make")
    assert clone.run("git", "status", "--porcelain").stdout == ""
    assert clone.results() == made.results()


def test_make_restores_a_missing_record(made: Clone, tmp_path: Path) -> None:
    clone = made.copy(tmp_path / "copy")
    (clone.path / HISTORY).unlink()
    assert (
        f"{HISTORY}: not found; `make restore`"
        in clone.run("snakemake", "--dry-run", status=None).stdout
    )
    clone.run("make")
    assert clone.results() == made.results()


def test_truncated_table_is_named(made: Clone, tmp_path: Path) -> None:
    clone = made.copy(tmp_path / "copy")
    truncate(clone.path / "results" / "tables" / "corpus" / "triples.parquet")
    failed = clone.run("make", status=None)
    assert (
        "error: results/tables/corpus/triples.parquet: not a readable Parquet file" in failed.stdout
    )


def test_new_recording_travels_through_the_store(made: Clone, tmp_path: Path) -> None:
    """`make record`, commit, clone, pull: the new content arrives, the old one is gone.

    A recorded file that was not restored stays recorded.
    """
    clone = made.copy(tmp_path / "copy")
    edit(clone.path / HISTORY)
    (clone.path / TRIALS).unlink()
    clone.run("make", "record")
    clone.run("git", "add", "--all")
    clone.run("git", "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "new")
    clone.run("git", "clone", "--quiet", ".", str(tmp_path / "other"))
    other = Clone(tmp_path / "other", Path(clone.environment["XDG_CACHE_HOME"]))
    other.run("dvc", "pull")
    other.run("python", "-m", "scripts.ledger.rebuild")
    other.run("python", "-m", "scripts.lib.manifest", "check")
    assert (other.path / HISTORY).read_bytes() == (clone.path / HISTORY).read_bytes()
    objects = [p for p in (other.path / "data" / "store").rglob("*") if p.is_file()]
    listed = (other.path / "data/recorded/SHA256SUMS").read_text().splitlines()
    made_again = other.run("python", "-m", "scripts.ledger.rebuild", "--list").stdout.split()
    stored = {digest for digest, path in map(str.split, listed) if path not in made_again}
    assert len(objects) == len(stored)  # equal files share one


@pytest.mark.skipif(not UPSTREAM.exists(), reason=f"no copy of the upstream history at {UPSTREAM}")
def test_live_mining_gives_the_record(made: Clone, tmp_path: Path) -> None:
    clone = made.copy(tmp_path / "copy")
    mined = "build/live/history.parquet"
    clone.run("snakemake", "--cores", "1", "--config", f"mine={{repo: {UPSTREAM}}}", "--", mined)
    assert (clone.path / mined).read_bytes() == (clone.path / HISTORY).read_bytes()
