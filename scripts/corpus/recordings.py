"""Write the registry of recordings as JSON, for machines without a YAML parser."""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.lib import command_line
from scripts.lib.files import read_yaml, write_json
from scripts.lib.log import run_main
from scripts.lib.recordings import parse

EXAMPLE = """example:
  python -m scripts.corpus.recordings --registry data/recordings.yaml \\
      --out results/tables/corpus/recordings.json
"""


def main(argv: list[str] | None = None) -> int:
    """Read the registry, check it, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--registry", type=Path, required=True, help="YAML file of recordings")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    arguments = parser.parse_args(argv)

    def body() -> None:
        entries = read_yaml(arguments.registry)
        parse(entries, arguments.registry)
        write_json(arguments.out, entries)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
