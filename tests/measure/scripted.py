"""Stand-ins for what a test machine lacks: a GPU's worker process and its state.

The worker is a real child process that answers the harness's tasks, and that dies, hangs or
fails where its script says so; latencies are a fixed function of the config.
"""

import os
import signal
import time
import zlib
from pathlib import Path

from scripts.lib.config import Config
from scripts.lib.isolate import PoisonedError
from scripts.measure.gpu_state import GpuState


def latency_us(config_id: str) -> float:
    """Between 10 and 20 us, fixed by the config."""
    return 10.0 + zlib.crc32(config_id.encode()) % 1000 / 100


class ScriptedWorker:
    """Faults by config id; ``log`` gets a line per trial begun."""

    def __init__(self, faults: dict[str, str], log: Path) -> None:
        self.faults, self.log = faults, log

    def __call__(self, task: tuple):
        name, *args = task
        return getattr(self, f"do_{name}")(*args)

    def do_open(self, cell_id, anchor):
        return {
            "draws": 8, "weight_sets": 4, "bytes": 1e6, "flops": 1e6, "routing": "uniform",
        }  # fmt: skip

    def do_anchor(self):
        return {"us": [12.0, 12.1, 12.2]}

    def do_trial(self, entry, best_us):
        config_id = Config(*entry.values()).id
        with self.log.open("a") as handle:
            handle.write(config_id + "\n")
        fault = self.faults.get(config_id)
        if fault == "die":
            os.kill(os.getpid(), signal.SIGSEGV)
        if fault == "hang":
            time.sleep(600)
        if fault == "poison":
            raise PoisonedError("an illegal memory access was encountered")
        if fault == "raise":
            raise MemoryError("out of memory")
        us = latency_us(config_id)
        return {
            "outcome": "correct", "reason": None, "gpu_seconds": 0.01, "logits_diff": 1e-6,
            "relative_error": 1e-3, "registers": [64, 64], "spills": [0, 0],
            "stopped_by": "precision", "samples": 6, "median_us": us, "p95_us": us * 1.01,
            "low_us": us * 0.999, "high_us": us * 1.001,
        }  # fmt: skip

    def do_finals(self, entries):
        row = [latency_us(Config(*entry.values()).id) for entry in entries]
        return {"us": [row] * 10}


def make_scripted(faults: dict[str, str], log: Path) -> ScriptedWorker:
    return ScriptedWorker(faults, log)


class QuietGpu:
    """A GPU whose state never changes."""

    def state(self) -> GpuState:
        return GpuState(1980, 3201, 50, 400.0, 0, 1, 0)
