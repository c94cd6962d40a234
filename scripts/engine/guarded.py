"""Run a command that ends with its parent: a server does not know who started it.

  python -m scripts.engine.guarded COMMAND ...

Leads a process group of its own, as its caller has to start it; when the caller is gone, however it
ended, the group is killed.
"""

from __future__ import annotations

import subprocess
import sys

from scripts.engine.worker import end_with_parent


def main(argv: list[str] | None = None) -> int:
    """The command's exit status."""
    command = sys.argv[1:] if argv is None else argv
    end_with_parent()
    return abs(subprocess.call(command))


if __name__ == "__main__":
    sys.exit(main())
