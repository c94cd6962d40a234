"""Open the GPUs of this machine, whichever vendor's they are."""

from __future__ import annotations

import importlib.util
import runpy
from functools import cache
from pathlib import Path

from scripts.lib.files import InputError
from scripts.measure.device.amd import AmdGpu
from scripts.measure.device.interpreter import InterpreterGpu
from scripts.measure.device.nvml import NvidiaGpu
from scripts.measure.device.state import Gpu
from scripts.measure.device.visible import physical

NO_GPU = (
    "no GPU that torch can use; run this on a GPU machine, or use what was recorded on one"
    " (data/recorded, measure.mode: recorded)"
)


def _torch_gpus() -> tuple[int, bool]:
    """How many GPUs torch can use, and whether it was built for ROCm. Starts no context."""
    import torch  # noqa: PLC0415 - so that --help needs no GPU stack

    return torch.cuda.device_count(), torch.version.hip is not None


@cache
def torch_speaks_cuda() -> bool:
    """Whether the installed torch was built for CUDA; not imported, which takes seconds."""
    found = importlib.util.find_spec("torch")
    version = Path(found.origin).with_name("version.py") if found and found.origin else None
    if version is None or not version.exists():
        return False
    return runpy.run_path(str(version)).get("cuda") is not None


def open_gpu(index: int, backend: str) -> Gpu:
    """GPU ``index`` of those that this process may see; ``backend`` as in ``Conditions``.

    InputError where torch can use no such GPU, or the driver's package is missing.
    """
    if backend == "interpreter":
        return InterpreterGpu(index)
    count, rocm = _torch_gpus()
    if count == 0:
        raise InputError(NO_GPU)
    if not 0 <= index < count:
        raise InputError(f"no GPU {index}: torch can use {count}, numbered from 0")
    return AmdGpu(index, physical(index)) if rocm else NvidiaGpu(index, physical(index))


def parse_gpus(text: str, backend: str) -> list[int]:
    """Read ``--gpus``: numbers with commas between, or ``all``. InputError on anything else."""
    if text == "all":
        return list(range(1 if backend == "interpreter" else max(_torch_gpus()[0], 1)))
    parts = text.split(",")
    if not all(part.isdecimal() for part in parts) or len(set(parts)) < len(parts):
        raise InputError(f"--gpus {text}: write different numbers such as 0,1,2, or all")
    return [int(part) for part in parts]
