"""Write the config files of tuned layers where vLLM and SGLang look them up.

Tuning times graphx's own kernels. Where vLLM's operator was recorded on all batch sizes of a layer,
vLLM's file holds what its finals chose instead: a verdict under other kernels is not yet one there.

Point VLLM_TUNED_CONFIG_FOLDER at the folder ``vllm``, SGLANG_MOE_CONFIG_DIR at ``sglang``.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib import command_line
from scripts.lib.config import Config, parse_id
from scripts.lib.device import find_device
from scripts.lib.files import InputError, read_json
from scripts.lib.log import run_main
from scripts.lib.runtimes.files import need_read, runtime_paths, write_runtime_files
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.lib.shape import BATCH_LADDER, Shape, parse_shape
from scripts.runtime.op_rows import (
    chosen_rows,
    committed_of,
    configs_of,
    first_of_each,
    read_uniform,
)

LOG = logging.getLogger("export.configs")
MEASURED = "vllm"  # the runtime whose operator is recorded
EXAMPLE = """example:
  python -m scripts.export.configs --tuned data/recorded/tuned/*/tuned.json \\
    --op data/recorded/measured/nvidia_h200-op-files --out results/configs
"""


@dataclass(frozen=True)
class Tuned:
    """What a record of tuning says. ``configs``: by batch size."""

    shape: Shape
    device: str
    triton: str
    configs: dict[int, Config]


def read_tuned(path: Path) -> Tuned:
    """InputError names the field that is not there or not what it should be, and the number formats
    that no runtime reads a file for."""  # noqa: D205,D209
    record: Any = read_json(path)
    try:
        configs = {int(b["tokens"]): parse_id(str(b["config_id"])) for b in record["batches"]}
        absent = set(BATCH_LADDER) - set(configs)
        if absent:
            raise ValueError(f"no config for M = {', '.join(map(str, sorted(absent)))}")
        device, triton = find_device(record["device"]).name, record["triton"]
        if not isinstance(triton, str):
            raise ValueError(f"triton is {triton}")
        shape = parse_shape(record["shape"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is no record of tuning: {error}; tune the layer again") from None
    need_read(shape.scheme, str(path))
    return Tuned(shape, device, triton, configs)


def by_operator(one: Tuned, folders: Sequence[Path]) -> dict[int, Config] | None:
    """Rows by the finals of the operator's recordings; None unless they hold the whole ladder."""
    if not folders:
        return None
    cells, finals = first_of_each(read_uniform(folders))
    cells = cells[cells["device"] == one.device]
    finals = finals[finals["cell_id"].isin(cells["cell_id"])]
    rows = chosen_rows(one.shape, finals, committed_of(cells))
    return configs_of(rows) if set(BATCH_LADDER) <= set(rows) else None


def write(paths: Sequence[Path], folder: Path, op: Sequence[Path] = ()) -> list[Path]:
    """The files of all records. InputError, and nothing is written, if two have one file.

    ``op``: folders of recordings of the operator.
    """
    records = {path: read_tuned(path) for path in paths}
    first: dict[Path, Path] = {}
    for path, one in records.items():
        for name in runtime_paths(one.shape, one.device, one.triton).values():
            if name is not None and first.setdefault(name, path) != path:
                raise InputError(f"{path}: {name} is already that of {first[name]}; name one")
    written: list[Path | None] = []
    for one in records.values():
        judged = by_operator(one, op)
        for runtime in RUNTIMES:
            configs = judged if judged and runtime == MEASURED else one.configs
            made = write_runtime_files(
                folder, one.shape, one.device, configs, one.triton, [runtime]
            )
            written += made.values()
        if judged:
            LOG.info("%s: %s's rows by its operator", one.shape.id, MEASURED)
    return sorted(path for path in written if path is not None)


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--tuned", type=Path, nargs="+", required=True, help="records of tuning")
    parser.add_argument("--op", type=Path, nargs="*", default=[], help="its operator's recordings")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    args = parser.parse_args(argv)

    def body() -> None:
        for path in write(args.tuned, args.out, args.op):
            LOG.info("%s", path)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
