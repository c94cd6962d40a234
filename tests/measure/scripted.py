"""Stand-ins for what a test machine lacks: a GPU's worker process and its state.

The worker is a real child process that answers the harness's tasks, and that dies, hangs or
fails where its script says so; latencies are a fixed function of the config.
"""

import faulthandler
import functools
import os
import signal
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib.config import Config
from scripts.lib.isolate import PoisonedError
from scripts.measure.device.state import GpuState, Process


def latency_us(config_id: str) -> float:
    """Between 10 and 20 us, fixed by the config."""
    return 10.0 + zlib.crc32(config_id.encode()) % 1000 / 100


@dataclass
class Script:
    """What goes wrong, by config id or by task name; ``log`` gets a line per trial begun.

    ``disturbed``: GPUs whose probe takes longer when others work. ``cells``: what opening a cell
    says instead of its facts, by a text in its id.
    """

    log: Path
    faults: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    anchors_us: tuple[float, ...] = (12.0, 12.1, 12.2)
    disturbed: tuple[int, ...] = ()


class ScriptedWorker:
    """Answers every task of scripts.measure.work.tasks.Worker."""

    def __init__(self, script: Script, gpu: int) -> None:
        self.script, self.gpu = script, gpu
        self.probes = self.anchors = self.finals = 0

    def __call__(self, task: tuple):
        name, *args = task
        return getattr(self, f"do_{name}")(*args)

    def do_ready(self):
        return {}

    def do_open(self, cell_id, anchor):
        for text, answer in self.script.cells.items():
            if text in cell_id:
                if answer == "raise":
                    raise RuntimeError("the routing has too few experts")
                return {"refused": answer, "message": "said so"}
        return {
            "draws": 8, "passes": 8, "weight_sets": 4, "bytes": 1e6, "flops": 1e6,
            "routing": "uniform", "weights": "cold", "scope": "two_gemm", "anchor_error": None,
        }  # fmt: skip

    def do_anchor(self):
        self._fault("anchor")
        self.anchors += 1
        us = self.script.anchors_us
        return {"us": [us[self.anchors % len(us)]] * 3}

    def do_probe(self, seconds):
        self.probes += 1
        together = self.probes > 1
        return {"us": [12.0 * (1.2 if together and self.gpu in self.script.disturbed else 1.0)] * 3}

    def do_trial(self, entry, best_us):
        config_id = Config(*entry.values()).id
        with self.script.log.open("a") as handle:
            handle.write(config_id + "\n")
        self._fault(config_id)
        us = latency_us(config_id)
        return {
            "outcome": "correct", "reason": None, "gpu_seconds": 0.01, "logits_diff": 1e-6,
            "relative_error": 1e-3, "registers": [64, 64], "spills": [0, 0],
            "stopped_by": "precision", "samples": 6, "median_us": us, "p95_us": us * 1.01,
            "low_us": us * 0.999, "high_us": us * 1.001,
        }  # fmt: skip

    def do_finals(self, entries):
        self._fault("finals")
        row = [latency_us(Config(*entry.values()).id) for entry in entries]
        return {"us": [row] * 10}

    def _fault(self, name):
        fault = self.script.faults.get(name)
        if fault == "die":
            faulthandler.disable()  # pytest's, which a forked process inherits
            os.kill(os.getpid(), signal.SIGSEGV)
        if fault == "hang":
            time.sleep(600)
        if fault == "poison":
            raise PoisonedError("an illegal memory access was encountered")
        if fault == "raise":
            raise MemoryError("out of memory")
        if fault == "slow":
            time.sleep(0.6)


def _make(script, protocol, conditions, gpu):
    return ScriptedWorker(script, gpu)


def factory(script: Script):
    """A worker factory as scripts.measure.work.worker.make_worker, that follows the script."""
    return functools.partial(_make, script)


IDLE = GpuState(1980, 3201, 50, 400.0, 0, (), 0, 0, 0)


@dataclass
class ScriptedGpu:
    """A GPU whose readings follow each other round and round, and whose processes are told."""

    index: int = 0
    device: str = "NVIDIA_H200"
    uuid: str = ""
    states: tuple[GpuState, ...] = (IDLE,)
    running: list[Process] = field(default_factory=list)
    reads: int = 0

    def identity(self):
        uuid = self.uuid or f"GPU-{self.index}"
        return {"index": self.index, "vendor": "nvidia", "device": self.device, "uuid": uuid}

    def state(self) -> GpuState:
        self.reads += 1
        return self.states[(self.reads - 1) % len(self.states)]

    def processes(self) -> list[Process]:
        return self.running
