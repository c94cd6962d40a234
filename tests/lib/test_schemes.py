"""The number formats are there without torch, and are those that the kernels read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kernels.formats import SCHEMES
from scripts.lib.schemes import schemes


def test_names_are_those_of_the_kernels() -> None:
    assert schemes() == tuple(SCHEMES)


def said(program: str) -> str:
    """What a fresh Python prints."""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize(
    "module",
    ["scripts.lib.schemes", "scripts.space.enumerate", "scripts.sim.triples", "scripts.tune.live"],
)
def test_formats_do_not_load_torch(module: str) -> None:
    program = f"import sys, {module}, kernels.formats; print('torch' in sys.modules)"
    assert said(program) == "False"


def test_torch_is_loaded_when_a_format_asks_for_it() -> None:
    program = (
        "import scripts.lib.schemes; from kernels.formats import SCHEMES;"
        "dtype = SCHEMES['fp16'].compute; import torch; print(dtype is torch.float16)"
    )
    assert said(program) == "True"


def test_a_torch_that_is_there_is_taken() -> None:
    program = (
        "import torch, scripts.lib.schemes, kernels.formats; print(kernels.formats.torch is torch)"
    )
    assert said(program) == "True"
