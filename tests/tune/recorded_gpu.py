"""A GPU's process that answers with recorded latencies, for searches without a GPU.

It is a real child process with the tasks of scripts.tune.layer_worker; a batch size that was not
recorded has the latencies of the nearest that was.
"""

import functools
import os
import signal
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.lib.config import Config
from scripts.lib.files import read_json
from scripts.lib.shape import nearest_batch, parse_cell
from tests.measure.scripted import Script, ScriptedWorker


@dataclass
class Recorded:
    """``table``: JSON, latencies in us by config id by batch size. ``begun``: a line a trial.

    ``die_at``: the process kills itself and its parent when it begins that trial, counted from 1.
    """

    table: Path
    begun: Path
    die_at: int | None = None
    broken: tuple[str, ...] = ()


class RecordedWorker(ScriptedWorker):
    """``ScriptedWorker`` with many cells."""

    def __init__(self, recorded: Recorded, gpu: int) -> None:
        super().__init__(Script(recorded.begun), gpu)
        self.recorded = recorded
        self.us = {int(tokens): us for tokens, us in read_json(recorded.table).items()}
        self.cell = None

    def do_warm(self, cell_ids):
        return {"target": None}

    def do_on(self, cell_id, anchor, name, *args):
        self.cell = parse_cell(cell_id)
        return getattr(self, f"do_{name}")(*args)

    def do_trial(self, entry, best_us):
        config_id = Config(*entry.values()).id
        with self.recorded.begun.open("a") as handle:
            handle.write(f"M{self.cell.tokens} {config_id}\n")
        begun = len(self.recorded.begun.read_text().splitlines())
        if begun == self.recorded.die_at:
            os.kill(os.getppid(), signal.SIGKILL)
            os._exit(1)
        us = self._us(config_id)
        if us is None or config_id in self.recorded.broken:
            return {"outcome": "runtime_error", "reason": "recorded so", "gpu_seconds": 0.01}
        # Digits of batch size and config in the last places: no two trials have equal statistics.
        us += self.cell.tokens * 1e-5 + zlib.crc32(config_id.encode()) * 1e-15
        return {
            "outcome": "correct", "reason": None, "gpu_seconds": 0.01, "logits_diff": 1e-6,
            "relative_error": 1e-3, "registers": [64, 64], "spills": [0, 0],
            "stopped_by": "precision", "samples": 6, "median_us": us, "p95_us": us * 1.01,
            "low_us": us * 0.999, "high_us": us * 1.001,
        }  # fmt: skip

    def do_finals(self, entries):
        row = [self._us(Config(*entry.values()).id) or 1e3 for entry in entries]
        noise = np.random.default_rng(self.cell.tokens).normal(1.0, 1e-3, (10, len(row)))
        # No two finals have equal samples, but every ratio in them is the same again.
        begun = len(self.recorded.begun.read_text())
        return {"us": (np.array(row) * noise * (1 + 1e-10 * begun)).tolist()}

    def _us(self, config_id):
        tokens = nearest_batch(self.cell.tokens, sorted(self.us))
        return self.us[tokens].get(config_id)


def _make(recorded, protocol, conditions, gpu):
    return RecordedWorker(recorded, gpu)


def factory(recorded: Recorded):
    """A worker factory as scripts.tune.worker.make_layer_worker."""
    return functools.partial(_make, recorded)
