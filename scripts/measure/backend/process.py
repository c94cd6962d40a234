"""Prepare a process for a backend, before anything of torch or Triton wakes up in it.

Triton decides when kernels are imported whether to compile or to interpret them, and CUDA and HIP
read once which GPUs they may see; both from the environment.
"""

from __future__ import annotations

import os

from scripts.lib.files import InputError
from scripts.measure.device.visible import restrict

_INTERPRET = "TRITON_INTERPRET"


def prepare_process(backend: str, gpu: int) -> None:
    """Choose compiler or interpreter, and let the process see visible GPU ``gpu`` only.

    InputError if fewer are visible.
    """
    if backend == "interpreter":
        os.environ[_INTERPRET] = "1"
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        return
    os.environ.pop(_INTERPRET, None)
    try:
        restrict(gpu)
    except IndexError as error:
        raise InputError(f"GPU {gpu} is not visible; widen CUDA_VISIBLE_DEVICES") from error
