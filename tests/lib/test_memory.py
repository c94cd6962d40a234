"""Steps keep their memory, and look for cycles seldom."""

from __future__ import annotations

import gc
import subprocess
import sys


def test_steps_look_for_cycles_seldom_but_find_them() -> None:
    program = (
        "import gc, weakref; from scripts.lib.log import run_main; import logging\n"
        "class One: pass\n"
        "def body():\n"
        "    one = One(); one.self = one; kept = weakref.ref(one); del one\n"
        "    many = [[] for _ in range(250_000)]\n"
        "    print(gc.get_threshold()[0] > 100_000, kept() is None)\n"
        "run_main(body)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["True", "True"], said.stderr


def test_arrow_shares_the_heap() -> None:
    program = "import scripts, pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "system"


def test_nothing_is_changed_by_loading_the_module() -> None:
    before = gc.get_threshold()
    __import__("scripts.lib.memory")
    assert gc.get_threshold() == before
