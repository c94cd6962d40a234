"""What the driver says of the GPU that this process and its engines see first."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

# nvidia-smi answers in less than a second; a driver that hangs must not hold a run.
_SECONDS = 30


def first_seen() -> str:
    """Index or UUID of the first GPU that the environment lets engines see."""
    return os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip() or "0"


def asked(fields: Sequence[str], units: bool = True) -> list[str]:
    """``fields`` of that GPU as nvidia-smi names and says them.

    OSError or subprocess.SubprocessError where there is no driver or it does not answer in time,
    ValueError where it says something else than a value a field.
    """
    form = "csv,noheader" if units else "csv,noheader,nounits"
    command = ["nvidia-smi", f"--id={first_seen()}"]
    command += [f"--query-gpu={','.join(fields)}", f"--format={form}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    values = [text.strip() for text in done.stdout.partition("\n")[0].split(",")]
    if len(values) != len(fields):
        raise ValueError(f"nvidia-smi: {done.stdout.strip()!r} for {', '.join(fields)}")
    return values
