"""Mine the history of tuned config files from a clone of a repository, or from wheels."""

from __future__ import annotations

import argparse
import logging
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.lib import command_line
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.history import HISTORY, RUNTIME_HISTORY, SourceKind, Status
from scripts.lib.tables import Table, write_rows
from scripts.mine.git import Repository
from scripts.mine.history import Snapshot, history_rows
from scripts.mine.runtime_history import RUNTIME, runtime_rows
from scripts.mine.upstream import RUNTIMES, Releases, Upstream, read_pins
from scripts.mine.wheels import read_releases

LOG = logging.getLogger("mine")

EXAMPLE = """examples:
  git clone --filter=blob:none --bare https://github.com/vllm-project/vllm vllm.git
  python -m scripts.mine.mine --repo vllm.git --upstream data/upstream.yaml \\
      --out data/recorded/history.parquet

  python -m scripts.mine.fetch --upstream data/upstream.yaml --runtime sglang --wheels build/wheels
  python -m scripts.mine.mine --wheels build/wheels --upstream data/upstream.yaml \\
      --runtime sglang --out data/recorded/sglang_history.parquet
"""
# Folders per Triton version are SGLang's; vLLM's folder is flat.
_SGLANG_FOLDER = re.compile(r"triton_\d[^/]*/")


def read_snapshot(repository: Repository, upstream: Upstream) -> Snapshot:
    """Read the pinned folder, its content and its history from a clone."""
    repository.check_commit(upstream.commit)
    files = repository.files(upstream.commit, *upstream.paths)
    repository.prefetch(upstream.commit, *upstream.paths)
    return Snapshot(
        upstream.commit,
        tuple(files),
        tuple(repository.changes(upstream.commit, *upstream.paths)),
        repository.blobs(file.blob for file in files if file.regular),
    )


def pinned(path: Path, runtime: str | None) -> tuple[str | None, Upstream | Releases]:
    """The pin of ``runtime``, by default vLLM's, or the one that the file holds alone."""
    pins = read_pins(path)
    if None in pins:
        return runtime, pins[None]
    runtime = runtime or "vllm"
    if runtime not in pins:
        raise InputError(f"{path}: has no pin of {runtime}; it has {', '.join(map(str, pins))}")
    return runtime, pins[runtime]


def read_source(args: argparse.Namespace, pin: Upstream | Releases) -> tuple[Snapshot, SourceKind]:
    """Read what the pin names, from the clone or the folder of wheels that was given."""
    if isinstance(pin, Upstream):
        if args.repo is None:
            raise InputError(f"{args.upstream}: pins a commit; give --repo, a clone of {pin.url}")
        return read_snapshot(Repository(args.repo), pin), SourceKind.GIT
    if args.wheels is None:
        raise InputError(f"{args.upstream}: pins releases; give --wheels, a folder of wheels")
    return read_releases(args.wheels, pin.package, pin.versions, pin.paths), SourceKind.WHEELS


def mine(args: argparse.Namespace) -> None:
    """Write the table of the pinned history. InputError if no config is in it."""
    runtime, pin = pinned(args.upstream, args.runtime)
    snapshot, kind = read_source(args, pin)
    runtime = runtime or _layout(snapshot)
    rows: list[dict[str, Any]]
    table: Table
    if runtime == RUNTIME:
        rows, table = runtime_rows(snapshot, kind), RUNTIME_HISTORY
    else:
        rows, table = history_rows(snapshot), HISTORY
    write_rows(args.out, rows, table)
    files = len({row["file"] for row in rows})
    steps = len({change.commit.hash for change in snapshot.changes})
    word = "commits" if kind is SourceKind.GIT else "releases"
    LOG.info("%s: %d files, %d rows, %d %s -> %s", runtime, files, len(rows), steps, word, args.out)
    _check_read(rows, args.out)


def _layout(snapshot: Snapshot) -> str:
    """Whose files they are, where the pin does not say: the folders tell."""
    folders = any(_SGLANG_FOLDER.match(file.path) for file in snapshot.files)
    return RUNTIME if folders else "vllm"


def _check_read(rows: Sequence[dict[str, Any]], out: Path) -> None:
    """InputError if every row is rejected: a table of reasons is no success."""
    reasons = Counter(str(row["reason"]) for row in rows if row["status"] == Status.REJECTED)
    if reasons.total() < len(rows):
        if reasons:
            counts = ", ".join(f"{count} {name}" for name, count in sorted(reasons.items()))
            LOG.info("rejected: %s", counts)
        return
    counts = ", ".join(f"{count} {name}" for name, count in sorted(reasons.items()))
    raise InputError(
        f"no config was read: all {len(rows)} rows are rejected ({counts}), the first since "
        f"{rows[0]['file']}: {rows[0]['detail']}; the rows are in {out}. Is it the folder of the "
        "runtime's config files?"
    )


def main(argv: list[str] | None = None) -> int:
    """Command line of this step."""
    parser = command_line.parser(__doc__, EXAMPLE)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--repo", type=Path, help="clone of the upstream repository")
    source.add_argument("--wheels", type=Path, help="folder with the wheels of the releases")
    parser.add_argument("--upstream", type=Path, required=True, help="YAML file with the pins")
    parser.add_argument("--runtime", choices=RUNTIMES, help="whose pin; by default vllm")
    parser.add_argument("--out", type=Path, required=True, help="Parquet file to write")
    args = parser.parse_args(argv)
    return run_main(lambda: mine(args))


if __name__ == "__main__":
    sys.exit(main())
