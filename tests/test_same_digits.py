"""Steps compute with the same routines on every x86-64 processor."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

SAY = """
import scripts, numpy, threadpoolctl
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
used = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
kinds = {one["architecture"] for one in threadpoolctl.threadpool_info() if "architecture" in one}
print(*used, *kinds)
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="routines of x86-64 processors")
def test_no_routine_beyond_avx2_is_used() -> None:
    names = ("NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE")
    plain = {name: value for name, value in os.environ.items() if name not in names}
    said = subprocess.run(
        [sys.executable, "-c", SAY], check=False, env=plain, capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    assert not [word for word in said.stdout.split() if "512" in word or "V4" in word]
    assert "SkylakeX" not in said.stdout and "Zen" not in said.stdout


def test_what_the_user_set_stays() -> None:
    code = "import scripts, os; print(os.environ['OPENBLAS_CORETYPE'])"
    env = os.environ | {"OPENBLAS_CORETYPE": "Sandybridge"}
    said = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "Sandybridge"


SPIN = """
import sys, time
if sys.argv[1] == "scripts":
    import scripts
import numpy as np
rows = np.random.default_rng(1).random((256, 256))
rows @ rows
began = time.process_time()
for _ in range(20):
    rows @ rows
    time.sleep(0.05)
print(time.process_time() - began)
"""


def test_threads_without_work_leave_the_cores_to_others() -> None:
    plain = {name: value for name, value in os.environ.items() if "OPENBLAS" not in name}
    with_scripts, without = (
        float(subprocess.check_output([sys.executable, "-c", SPIN, what], env=plain, text=True))
        for what in ("scripts", "nothing")
    )
    assert with_scripts < max(0.3, 0.6 * without)
