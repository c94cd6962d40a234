"""Measure a GPU's peak rates: what the roofline divides by.

Bandwidth: a copy from device memory to device memory far larger than any cache, bytes read and
written. Rates: square products of random numbers through the vendor's library, best of the
replays, since a roofline is a bound.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.lib import command_line
from scripts.lib.files import InputError, write_json
from scripts.lib.log import run_main

SIDE = 8192
COPY_BYTES = 8 * 1024**3
REPLAYS = 20


def _best_seconds(work: Callable[[], object]) -> float:
    import torch  # noqa: PLC0415

    for _ in range(3):
        work()
    best = float("inf")
    for _ in range(REPLAYS):
        start, end = torch.cuda.Event(True), torch.cuda.Event(True)
        start.record()
        work()
        end.record()
        torch.cuda.synchronize()
        best = min(best, float(start.elapsed_time(end)) / 1e3)
    return best


def measure() -> dict[str, Any]:
    """Bytes a second of a copy, operations a second of products in bf16, fp8 and int8."""
    import torch  # noqa: PLC0415

    source = torch.empty(COPY_BYTES // 4, dtype=torch.float32, device="cuda").normal_()
    target = torch.empty_like(source)
    copied = 2 * COPY_BYTES / _best_seconds(lambda: target.copy_(source))
    x = torch.randn(SIDE, SIDE, device="cuda")
    half, eighth = x.bfloat16(), x.to(torch.float8_e4m3fn)
    whole = (x * 32).clamp(-127, 127).to(torch.int8)
    one = torch.ones((), device="cuda")
    products: dict[str, Callable[[], object]] = {
        "bf16": lambda: half @ half.T,
        "fp8": lambda: torch._scaled_mm(
            eighth, eighth.T, one, one, out_dtype=torch.bfloat16, use_fast_accum=True
        ),
        "int8": lambda: torch._int_mm(whole, whole.T),
    }
    operations = 2.0 * SIDE**3
    return {
        "device": torch.cuda.get_device_name().replace(" ", "_"),
        "torch": torch.__version__,
        "bandwidth_bytes_s": copied,
        "operations_s": {name: operations / _best_seconds(f) for name, f in products.items()},
    }


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command_line.parser(
        __doc__, "example: python -m scripts.measure.peaks --out build/peaks.json"
    )
    parser.add_argument("--out", type=Path, required=True, help="JSON to write")
    args = parser.parse_args(argv)

    def body() -> None:
        import torch  # noqa: PLC0415

        if not torch.cuda.is_available():
            raise InputError("no GPU that torch can use; peaks are measured on one")
        write_json(args.out, measure())

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
