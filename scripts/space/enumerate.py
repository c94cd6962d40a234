"""Enumerate the upstream search space of a GPU and mark what fits its shared memory."""

from __future__ import annotations

import argparse
import itertools
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from scripts.lib.config import Config
from scripts.lib.device import Device, find_device
from scripts.lib.log import run_main
from scripts.lib.schemas.transfer import SPACE
from scripts.lib.tables import write_table
from scripts.space.shared_memory import shared_bytes

LOG = logging.getLogger("space.enumerate")

# The values that vLLM's tuner, benchmarks/kernels/benchmark_moe.py, tries on NVIDIA GPUs (2026).
NVIDIA_SPACE = {
    "block_size_m": (16, 32, 64, 128, 256),
    "block_size_n": (32, 64, 128, 256),
    "block_size_k": (64, 128, 256),
    "group_size_m": (1, 16, 32, 64),
    "num_warps": (4, 8),
    "num_stages": (2, 3, 4, 5),
}

EXAMPLE = """example:
  python -m scripts.space.enumerate --device NVIDIA_H200 --scheme bf16 \\
    --out results/tables/space.parquet
"""


def nvidia_configs() -> Iterator[Config]:
    """All 1,920 configs, in ascending order of their parameters."""
    for values in itertools.product(*NVIDIA_SPACE.values()):
        yield Config(**dict(zip(NVIDIA_SPACE, values, strict=True)))


def enumerate_space(device: Device, scheme: str) -> pd.DataFrame:
    """One SPACE row per config, the rejected ones with their reason.

    Raises InputError for a scheme or an architecture that has no shared-memory formula.
    """
    rows = []
    for config in nvidia_configs():
        needed = shared_bytes(config, device, scheme)
        fits = needed <= device.shared_bytes
        rows.append(
            {
                "device": device.name,
                "scheme": scheme,
                "config_id": config.id,
                "legal": fits,
                "reason": None if fits else "shared_memory",
                "shared_bytes": needed,
            }
        )
    return pd.DataFrame(rows)


def main(argv: list[str] | None = None) -> int:
    """Parse, enumerate, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", required=True, help="GPU, named as in config files")
    parser.add_argument("--scheme", required=True, help="number formats: bf16 or fp16")
    parser.add_argument("--out", type=Path, required=True, help="SPACE table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        frame = enumerate_space(find_device(args.device), args.scheme)
        write_table(args.out, frame, SPACE)
        LOG.info("%s: %d of %d configs legal", args.out, frame["legal"].sum(), len(frame))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
