"""Sweeps by scripted workers whose numbers scatter and tick as a GPU's do.

The scripted worker alone gives a config the same latency each time, which is what a copy looks
like.
"""

from dataclasses import dataclass

import numpy as np

from scripts.lib.config import Config
from tests.measure.scripted import Script, ScriptedWorker, latency_us

TICK_US, SCATTER = 0.004, 0.003  # 32 ns over 8 passes; relative standard deviation of a sample


class NoisyWorker(ScriptedWorker):
    """Answers as the scripted worker, with samples drawn around its latencies."""

    def __init__(self, script: Script, gpu: int, seed: int) -> None:
        super().__init__(script, gpu)
        # Of each process its own: a worker that starts again must not repeat itself.
        self.random = np.random.default_rng([seed, gpu, script.log.stat().st_size])

    def _us(self, mean: float, count: int) -> np.ndarray:
        ticks = np.rint(mean * (1 + SCATTER * self.random.standard_normal(count)) / TICK_US)
        return np.round(ticks * TICK_US, 4)

    def do_anchor(self):
        super().do_anchor()
        return {"us": self._us(12.0, 12).tolist()}

    def do_trial(self, entry, best_us):
        result = super().do_trial(entry, best_us)
        us = np.sort(self._us(result["median_us"], 12))
        return result | {
            "samples": 12, "median_us": round(float(np.median(us)), 4),
            "p95_us": round(float(np.quantile(us, 0.95)), 4), "low_us": float(us[2]),
            "high_us": float(us[9]), "gpu_seconds": round(float(self.random.uniform(0.01, 0.1)), 6),
        }  # fmt: skip

    def do_finals(self, entries):
        self._fault("finals")
        means = [latency_us(Config(*entry.values()).id) for entry in entries]
        return {"us": np.stack([self._us(mean, 10) for mean in means], axis=1).tolist()}


@dataclass(frozen=True)
class Noisy:
    """A worker factory, as scripts.measure.work.worker.make_worker."""

    script: Script
    seed: int = 1

    def __call__(self, protocol, conditions, gpu):
        return NoisyWorker(self.script, gpu, self.seed)
