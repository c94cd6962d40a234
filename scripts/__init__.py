"""graphx: mine, transfer, measure and judge tuned fused-MoE kernel configs.

Every step is a module run as ``python -m scripts.<phase>.<step>``; none of them knows the
workflow engine that calls it.
"""

import os
import platform
from pathlib import Path


def same_digits() -> None:
    """Have numpy and OpenBLAS use what every x86-64 server has, before either is loaded.

    Both choose routines for the processor that they find, and those differ in the last digits.
    Trees grown on such digits, and searches that follow them, differ in whole figures (the best of
    the predictor's first 8 within 2% on 90.6% or on 92.6% of the cells), so that nobody else's
    machine could rebuild a result. What is set in the environment already stays as it is.
    """
    if platform.machine() != "x86_64":
        return
    os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "X86_V4 AVX512_ICL AVX512_SPR")
    facts = Path("/proc/cpuinfo")
    if facts.exists() and " avx2 " in facts.read_text(encoding="utf-8", errors="replace"):
        os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")


def no_spinning() -> None:
    """Have the threads of OpenBLAS and OpenMP sleep as soon as they have nothing to do.

    By default they spin on for a while, on a core that another step would use: beside other steps,
    fitting graphx-sim's parameters took five times the time, and growing scikit-learn's trees seven
    times the processor's. The digits stay.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")  # 2^4 cycles, the least there is


def one_heap() -> None:
    """Have Arrow take its memory where numpy does: its own pool gives it back at once.

    Reading the tables of a recording took twice the time. See ``scripts.lib.memory``.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


same_digits()
no_spinning()
one_heap()
