"""Mine the history of tuned config files from a clone of the upstream repository."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from scripts.lib.log import run_main
from scripts.lib.schemas.history import HISTORY
from scripts.lib.tables import write_rows
from scripts.mine.git import Repository
from scripts.mine.history import Snapshot, history_rows
from scripts.mine.upstream import Upstream, read_upstream

LOG = logging.getLogger("mine")

EXAMPLE = """example:
  git clone --filter=blob:none --bare https://github.com/vllm-project/vllm vllm.git
  python -m scripts.mine.mine --repo vllm.git --upstream data/upstream.yaml \\
      --out data/recorded/history.parquet
"""


def read_snapshot(repository: Repository, upstream: Upstream) -> Snapshot:
    """Read the pinned folder, its content and its history from a clone."""
    repository.check_commit(upstream.commit)
    files = repository.files(upstream.commit, upstream.path)
    repository.prefetch(upstream.commit, upstream.path)
    return Snapshot(
        upstream.commit,
        tuple(files),
        tuple(repository.changes(upstream.commit, upstream.path)),
        repository.blobs(file.blob for file in files if file.regular),
    )


def mine(repo: Path, upstream_file: Path, out: Path) -> None:
    """Write the HISTORY table of the pinned commit."""
    snapshot = read_snapshot(Repository(repo), read_upstream(upstream_file))
    rows = history_rows(snapshot)
    write_rows(out, rows, HISTORY)
    commits = len({change.commit.hash for change in snapshot.changes})
    LOG.info("%d files, %d rows, %d commits -> %s", len(snapshot.files), len(rows), commits, out)


def main(argv: list[str] | None = None) -> int:
    """Command line of this step."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.mine.mine",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--repo", type=Path, required=True, help="clone of the upstream repository")
    parser.add_argument("--upstream", type=Path, required=True, help="YAML file with the pin")
    parser.add_argument("--out", type=Path, required=True, help="Parquet file to write")
    args = parser.parse_args(argv)
    return run_main(lambda: mine(args.repo, args.upstream, args.out))


if __name__ == "__main__":
    sys.exit(main())
