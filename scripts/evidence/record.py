"""Take a set of evidence into a recording: its set.json and its legs' files, compressed.

Journals, logs of boots, config files and raw traces stay where they are: the command that stands in
the set's provenance makes them again.
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.evidence.collect import record
from scripts.lib.command_line import parser
from scripts.lib.log import run_main

EXAMPLE = (
    "python -m scripts.evidence.record --set build/evidence/monday"
    " --out data/recorded/evidence/nvidia_h200-configs"
)


def main(argv: list[str] | None = None) -> int:
    """Copy what is recorded."""
    made = parser(__doc__, EXAMPLE)
    made.add_argument("--set", type=Path, required=True, help="folder of a set")
    made.add_argument("--out", type=Path, required=True, help="folder of the recording")
    arguments = made.parse_args(argv)
    return run_main(lambda: record(arguments.set, arguments.out))


if __name__ == "__main__":
    sys.exit(main())
