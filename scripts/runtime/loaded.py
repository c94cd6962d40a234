"""Ask the vLLM that is installed here whether it reads config files, and what it says of it.

Each file of a folder is looked up by vLLM's own loader, with VLLM_TUNED_CONFIG_FOLDER set to that
folder, as an engine looks it up for a layer on this machine's GPU. A line of JSON for each file:
its hash, the line that vLLM logged, and whether the entries that it took are the file's.

vLLM is needed here: pip install vllm==0.24.0.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.lib import command_line
from scripts.lib.files import InputError, read_json, sha256
from scripts.lib.log import run_main
from scripts.lib.runtimes.file_name import parse_name
from scripts.runtime.installed import installed

FOLDER = "VLLM_TUNED_CONFIG_FOLDER"
EXAMPLE = """example:
  python -m scripts.runtime.loaded --folder results/configs/vllm --out build/op/loaded.jsonl
"""


class Lines(logging.Handler):
    """What is logged, as text."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line."""
        self.lines.append(record.getMessage())


def entries(path: Path) -> dict[int, Any]:
    """The file's entries by batch size."""
    return {int(key): entry for key, entry in read_json(path).items() if key.isdigit()}


def read_by(load: Any, path: Path, lines: Sequence[str]) -> dict[str, Any]:
    """What the loader ``load`` (vLLM's ``get_moe_configs``) makes of one file.

    ``lines``: what it logs, filled while it runs. InputError for a name that no runtime asks for.
    """
    name = parse_name(path.name)
    if name is None:
        raise InputError(f"{path}: is no name of a config file")
    before = len(lines)
    block = json.loads(name.block_shape) if name.block_shape else (None, None)
    found = load(name.experts, name.intermediate, name.dtype or None, *block)
    said = [line.replace(f"{path.parent}/", f"${FOLDER}/") for line in lines[before:]]
    return {
        "file": path.name,
        "sha256": sha256(path),
        "line": next((line for line in said if path.name in line), None),
        "taken": found == entries(path),
    }


def main(argv: list[str] | None = None) -> int:
    """Parse, ask, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--folder", type=Path, required=True, help="vLLM's files, none below another folder")
    add("--out", type=Path, required=True, help="file of JSON lines to write")
    args = parser.parse_args(argv)

    def body() -> None:
        paths = sorted(args.folder.glob("E=*.json"))
        if not paths:
            raise InputError(f"{args.folder}: holds no config file (E=…,N=…,device_name=….json)")
        version = installed().version
        os.environ |= {FOLDER: str(args.folder), "VLLM_LOGGING_LEVEL": "INFO"}
        from vllm.model_executor.layers.fused_moe import fused_moe  # noqa: PLC0415

        lines = Lines()
        logging.getLogger("vllm").addHandler(lines)
        rows = [read_by(fused_moe.get_moe_configs, path, lines.lines) for path in paths]
        text = "".join(json.dumps(row | {"vllm": version}, sort_keys=True) + "\n" for row in rows)
        args.out.write_text(text, encoding="utf-8")
        print(f"{sum(row['taken'] for row in rows)} of {len(rows)} files taken by vLLM {version}")

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
