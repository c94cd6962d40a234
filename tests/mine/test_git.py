"""Reading real git repositories, by example against git itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from scripts.lib.files import InputError
from scripts.mine.git import Repository
from tests.mine.conftest import BLOCK, ENTRY, FOLDER, H100, Clone, body


def test_files_and_blobs(mined: Clone) -> None:
    repository = Repository(mined.path)
    files = repository.files(mined.head, FOLDER)
    assert [file.path for file in files if file.path == BLOCK] == [BLOCK]
    assert len(files) == 6
    content = repository.blobs(file.blob for file in files)
    by_name = {file.path: content[file.blob] for file in files}
    assert by_name["README"] == b"what this is\n"
    assert by_name[BLOCK].decode() == body(M1=ENTRY)


def test_changes_are_those_that_git_shows_file_by_file(mined: Clone) -> None:
    changes = Repository(mined.path).changes(mined.head, FOLDER)
    for path in {change.path for change in changes}:
        ours = [change.commit.hash for change in changes if change.path == path]
        git = mined.git("--literal-pathspecs", "log", "--format=%H", "--", f"{FOLDER}/{path}")
        assert ours == git.split()


def test_removed_and_added_again(clone: Clone) -> None:
    added = clone.commit_files({H100: body(M1=ENTRY), "keep": ""})
    removed = clone.commit_files({H100: None})
    again = clone.commit_files({H100: body(M1=ENTRY)})
    changes = Repository(clone.path).changes(clone.head, FOLDER)
    history = [(c.commit.hash, c.blob is None) for c in changes if c.path == H100]
    assert history == [(again, False), (removed, True), (added, False)]


def test_a_merge_counts_only_where_it_differs_from_all_parents(clone: Clone) -> None:
    clone.commit_files({H100: body(M1=ENTRY), "README": "1"})
    clone.git("checkout", "--quiet", "-b", "side")
    side = clone.commit_files({H100: body(M2=ENTRY)})
    clone.git("checkout", "--quiet", "main")
    clone.commit_files({"README": "2"})
    plain = clone.merge("side")
    clone.git("checkout", "--quiet", "-b", "other")
    clone.commit_files({"README": "3"})
    clone.git("checkout", "--quiet", "main")
    clone.commit_files({"README": "4"})
    clone.merge("other", "--strategy=ours")
    (clone.path / FOLDER / "README").write_text("neither")
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--amend", "--no-edit")
    changes = Repository(clone.path).changes(clone.head, FOLDER)
    commits = [change.commit.hash for change in changes]
    assert plain not in commits
    assert (changes[0].path, changes[0].commit.hash) == ("README", clone.head)
    assert next(c.commit.hash for c in changes if c.path == H100) == side


def test_works_from_a_subfolder_and_under_a_hook(
    mined: Clone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "no-index"))
    repository = Repository(mined.path / FOLDER)
    monkeypatch.delenv("GIT_DIR")
    assert len(repository.files(mined.head, FOLDER)) == 6


def test_settings_of_the_user_do_not_matter(
    mined: Clone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = Repository(mined.path).changes(mined.head, FOLDER)
    settings = tmp_path / "gitconfig"
    settings.write_text(
        "[log]\n showSignature = true\n diffMerges = off\n[color]\n ui = always\n"
        "[diff]\n renames = copies\n noprefix = true\n[core]\n quotePath = true\n abbrev = 7\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    assert Repository(mined.path).changes(mined.head, FOLDER) == expected


def test_a_blobless_clone_fetches_all_blobs_at_once(mined: Clone, tmp_path: Path) -> None:
    target = tmp_path / "blobless.git"
    command = ["git", "clone", "--quiet", "--bare", "--filter=blob:none"]
    subprocess.run([*command, mined.path.as_uri(), target], check=True)
    packs = target / "objects" / "pack"
    before = len(list(packs.glob("*.pack")))
    repository = Repository(target)
    files = repository.files(mined.head, FOLDER)
    repository.changes(mined.head, FOLDER)
    assert len(list(packs.glob("*.pack"))) == before
    repository.prefetch(mined.head, FOLDER)
    repository.blobs(file.blob for file in files)
    assert len(list(packs.glob("*.pack"))) == before + 1


def test_a_shallow_clone_is_refused(mined: Clone, tmp_path: Path) -> None:
    target = tmp_path / "shallow"
    command = ["git", "clone", "--quiet", "--depth=1", mined.path.as_uri(), target]
    subprocess.run(command, check=True)
    with pytest.raises(InputError, match="unshallow"):
        Repository(target)


def test_what_is_not_there_is_said(mined: Clone, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        Repository(tmp_path / "nowhere")
    (tmp_path / "plain").mkdir()
    with pytest.raises(InputError, match="not a git repository"):
        Repository(tmp_path / "plain")
    repository = Repository(mined.path)
    with pytest.raises(InputError, match=f"commit {'0' * 40} is not here"):
        repository.check_commit("0" * 40)
    with pytest.raises(InputError, match="no file under no/folder"):
        repository.files(mined.head, "no/folder")
    with pytest.raises(InputError, match=f"blob {'0' * 40} is not here"):
        repository.blobs(["0" * 40])


def test_git_missing(mined: Clone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(InputError, match="git is not installed"):
        Repository(mined.path)
