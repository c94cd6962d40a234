"""The command learns of binaries from another process, and imports no torch until it has tuned."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
import sys
from scripts.tune import foresight, judged, layer, result, run, space, tuner, verdict
from scripts.lib.config import Config
from scripts.lib.shape import parse_shape
from scripts.measure.controller import idle
from scripts.measure.device import choose
from scripts.tune.jobs import JobNames

if __name__ == "__main__":
    choose.torch_speaks_cuda()
    names = JobNames(("GROUP_SIZE_M",), run.start_server("gpu"))
    shape = parse_shape("E8-N256-K512-top2-bf16")
    up, down = names([Config(16, 32, 64, 1, 4, 2)], shape)
    assert up.id.startswith("bf16-share2-up/") and down.id.startswith("bf16-share1-down/")
    assert names([Config(16, 32, 64, 16, 4, 2), Config(16, 32, 64, 1, 4, 2)], shape) == [up, down]
    assert names.target("gfx942") == ("hip", "gfx942", 64)
    names.stop()
    print([name for name in ("torch", "triton") if name in sys.modules])
"""


def test_the_command_learns_of_binaries_without_torch(tmp_path):
    script = tmp_path / "command.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, script], env=os.environ | {"PYTHONPATH": "."},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
