"""Reading a folder's history from a git repository, in a handful of git commands.

Works on full and on blobless clones, bare or not. Two traps are dealt with once, here: names hold
``[128,128]``, which git would read as a glob (``--literal-pathspecs``), and rename detection asks
for the content of files that a partial clone does not have (``--no-renames``).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.files import InputError

# Variables that git sets for its hooks; they would redirect our commands to another repository.
# The list is git's own: `git rev-parse --local-env-vars`, less those that carry settings.
_HOOK_VARIABLES = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR", "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
}  # fmt: skip
_COMMIT_MARK = b"\x01"
_ABSENT_MODE = b"000000"
_REGULAR_MODES = ("100644", "100755")


@dataclass(frozen=True)
class Commit:
    """A commit; times in seconds since 1970-01-01 UTC."""

    hash: str
    author_time: int
    commit_time: int


@dataclass(frozen=True)
class Change:
    """What a commit made of one path; ``blob`` is None where it removed the file."""

    commit: Commit
    path: str
    blob: str | None


@dataclass(frozen=True)
class TreeFile:
    """A file of the folder; ``regular`` is False for a link or a submodule."""

    path: str
    blob: str
    regular: bool


class Repository:
    """A git repository on this machine.

    Raises InputError if ``path`` is none, or if its history is cut short.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise InputError(f"{path}: no such folder; give a clone of the upstream repository")
        self.path = path
        self._git: list[str] = ["git", "-C", str(path)]
        found = self._run("rev-parse", "--absolute-git-dir", "--is-shallow-repository")
        git_dir, shallow = os.fsdecode(found).splitlines()
        if shallow == "true":
            raise InputError(f"{path}: a shallow clone lacks history; run `git fetch --unshallow`")
        # Naming the folder outright makes paths start at the root whatever ``path`` points into.
        self._git = ["git", f"--git-dir={git_dir}", "--no-replace-objects", "--literal-pathspecs"]

    def check_commit(self, commit: str) -> None:
        """InputError unless ``commit`` is here."""
        try:
            self._run("cat-file", "-e", f"{commit}^{{commit}}")
        except InputError as error:
            raise InputError(
                f"{self.path}: commit {commit} is not here; fetch it or pin another ({error})"
            ) from error

    def files(self, commit: str, *folders: str) -> list[TreeFile]:
        """All files under ``folders`` at ``commit``, paths relative to the folder."""
        wanted = [f"{folder}/" for folder in folders]
        listing = self._run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *wanted)
        files = []
        for line in _fields(listing):
            meta, _, path = line.partition(b"\t")
            mode, _, blob = meta.decode().split()
            files.append(TreeFile(_relative(path, folders), blob, mode in _REGULAR_MODES))
        if not files:
            where = " or ".join(folders)
            raise InputError(f"{self.path}: no file under {where} at commit {commit}")
        return files

    def changes(self, commit: str, *folders: str) -> list[Change]:
        """Every change of a file under ``folders`` up to ``commit``, children before parents.

        History is simplified as ``git log -- folder`` does it: a side branch that left no trace
        in the folder does not count. A merge counts where it differs from all its parents (-c).
        """
        output = self._run(
            "log", "--date-order", "--raw", "-c", "-z", "--no-abbrev", "--no-renames",
            "--no-show-signature", "--no-color", f"--format={_COMMIT_MARK.decode()}%H %at %ct",
            commit, "--", *folders,
        )  # fmt: skip
        return list(_parse_log(output, folders))

    def prefetch(self, commit: str, *folders: str) -> None:
        """Have a blobless clone fetch all blobs of the folders in one go.

        ``cat-file`` would ask the remote for one blob after the other. A diff that needs content
        (--numstat) asks for all it lacks at once, and finds nothing to do in a full clone.
        """
        empty_tree = self._run("hash-object", "-t", "tree", "--stdin").decode().strip()
        options = ("-r", "--numstat", "--no-renames")
        self._run("diff-tree", *options, empty_tree, commit, "--", *folders)

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Content by blob id."""
        wanted = sorted(set(ids))
        output = self._run("cat-file", "--batch", stdin="".join(f"{i}\n" for i in wanted).encode())
        content, start = {}, 0
        while start < len(output):
            end = output.index(b"\n", start)
            blob, _, size = output[start:end].decode().partition(" blob ")
            if not size:
                raise InputError(f"{self.path}: blob {blob.split()[0]} is not here; run `git fsck`")
            start = end + 1 + int(size) + 1  # git puts a newline after each
            content[blob] = output[end + 1 : start - 1]
        return content

    def _run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        environment = {k: v for k, v in os.environ.items() if k not in _HOOK_VARIABLES}
        environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
        command = [*self._git, *arguments]
        try:
            done = subprocess.run(
                command, input=stdin, capture_output=True, check=True, env=environment
            )
        except FileNotFoundError as error:
            raise InputError("git is not installed, or not on PATH; install it") from error
        except subprocess.CalledProcessError as error:
            message = error.stderr.decode(errors="replace").strip() or f"status {error.returncode}"
            raise InputError(f"{self.path}: git {arguments[0]}: {message}") from error
        return done.stdout


def _fields(output: bytes) -> list[bytes]:
    """Split NUL-terminated fields; a newline that git puts between records is no field."""
    return [field for field in (part.lstrip(b"\n") for part in output.split(b"\0")) if field]


def _relative(path: bytes, folders: Sequence[str]) -> str:
    text = path.decode("utf-8", "backslashreplace")
    inside = [folder for folder in folders if text.startswith(f"{folder}/")]
    return text.removeprefix(f"{max(inside, key=len)}/") if inside else text


def _parse_log(output: bytes, folders: Sequence[str]) -> Iterator[Change]:
    """Read ``git log --raw -c -z``: marked commit lines, then pairs of change and path.

    A change is one colon per parent, the mode in each parent and in the result, the object ids
    likewise, and status letters.
    """
    fields = iter(_fields(output))
    commit = None
    for field in fields:
        if field.startswith(_COMMIT_MARK):
            name, author_time, commit_time = field[1:].decode().split()
            commit = Commit(name, int(author_time), int(commit_time))
            continue
        path = _relative(next(fields), folders)
        parents = len(field) - len(field.lstrip(b":"))
        words = field[parents:].split(b" ")
        gone = words[parents] == _ABSENT_MODE
        assert commit is not None, "git log names a commit before its changes"
        yield Change(commit, path, None if gone else words[2 * parents + 1].decode())
