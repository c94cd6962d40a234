"""The legal configs of GPUs: published space, upstream's pruning, formulas, then the compiler.

One SPACE table per (GPU, scheme), the rejected configs in it with the stage and the reason.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pandas as pd

from kernels.formats import Format
from scripts.lib import command_line
from scripts.lib.device import Device, Vendor, find_device
from scripts.lib.log import run_main
from scripts.lib.schemas.space import SPACE, Stage
from scripts.lib.tables import write_table
from scripts.space.judge import gate_up, judge, read_compiled
from scripts.space.prune import prune
from scripts.space.representatives import representatives
from scripts.space.shared_memory import least_shared_bytes
from scripts.space.spaces import published_space
from scripts.space.targets import Target, add_targets, find_form

LOG = logging.getLogger("space.enumerate")

EXAMPLE = """example:
  python -m scripts.space.enumerate --target NVIDIA_H200=bf16,fp8_w8a8 \\
    --compiled data/recorded/space/sm_90-*.parquet --out results/tables/space
"""


def enumerate_space(device: Device, form: Format, compiled: pd.DataFrame) -> pd.DataFrame:
    """One SPACE row per published config, in ascending order; ``compiled`` as ``read_compiled``."""
    configs = published_space(device.vendor, form)
    binaries, _ = representatives(configs, form)
    frame = judge(configs, binaries, device, form, gate_up(compiled, device.arch, form.name))
    if device.vendor is Vendor.AMD:
        pruned = prune(configs, form)
        out = pruned.notna()
        frame.loc[out, "legal"] = False
        frame.loc[out, "stage"] = Stage.PRUNE.value
        frame["reason"] = pruned.where(out, frame["reason"])
    return frame.assign(
        device=device.name,
        scheme=form.name,
        config_id=configs["config_id"],
        least_shared_bytes=least_shared_bytes(configs, device.arch, form),
    )[SPACE.names]


def table_name(device: str, scheme: str) -> str:
    """File name of a table, for example ``NVIDIA_H200-bf16.parquet``."""
    return f"{device}-{scheme}.parquet"


def write_spaces(targets: list[Target], compiled: pd.DataFrame, folder: Path) -> None:
    """Write the table of every (GPU, scheme)."""
    for target in targets:
        device = find_device(target.device)
        for scheme in target.schemes:
            frame = enumerate_space(device, find_form(scheme), compiled)
            path = folder / table_name(device.name, scheme)
            write_table(path, frame, SPACE)
            LOG.info("%s: %d of %d configs legal", path, frame["legal"].sum(), len(frame))


def main(argv: list[str] | None = None) -> int:
    """Parse, read, enumerate, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add_targets(parser)
    parser.add_argument(
        "--compiled", type=Path, nargs="+", required=True, help="COMPILED tables, all that matter"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of SPACE tables")
    args = parser.parse_args(argv)

    def body() -> None:
        write_spaces(args.target, read_compiled(args.compiled), args.out)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
