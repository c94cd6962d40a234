"""An engine's process whose times are known: what a config costs stands in its file.

Speaks the worker's protocol for good. WORLD, JSON in the environment, plants faults: {"name of a
boot": {"question": fault}}; faults: crash, wrong (outputs under our file), unread (our file).
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

from scripts.engine.spec import EngineSpec
from scripts.engine.worker import run_worker

PLANTED = json.loads(os.environ.get("WORLD", "{}"))


class World:
    """Answers what scripts.engine.vllm_engine answers, as the study asks it."""

    QUESTIONS = (
        "decode",
        "configs",
        "routing",
        "randomise",
        "logits",
        "generate",
        "serve",
        "memory",
        "wrong_gemm",
    )

    def __init__(self, spec: EngineSpec, folder: Path) -> None:
        self.faults = PLANTED.get(spec.name, {})
        if "boot" in self.faults:
            raise RuntimeError(self.faults["boot"])
        self.folder: str | None = None
        self.seed, self.asked, self.weights = spec.seed, 0, 0
        self.planted: str | None = None
        self.draws: np.ndarray | None = None

    def fails(self, question: str, fault: str) -> bool:
        return self.faults.get(question) == fault

    def facts(self) -> dict[str, Any]:
        return {"boot_s": 0.0, "configs": [], "defaults": [], "vllm": "0.24.0"}

    def memory(self) -> dict[str, Any]:
        return {"peak_bytes": 1}

    def configs(self, folder: str | None) -> dict[str, Any]:
        self.folder = folder
        if self.fails("configs", "unread") and folder and "ours" in folder:
            return {"read": [], "looked_up": {}}
        return {"read": [str(path) for path in self.files()], "looked_up": {}}

    def files(self) -> list[Path]:
        return sorted(Path(self.folder).glob("*.json")) if self.folder else []

    def row_us(self, batch: int) -> float:
        """100 us a step, and a microsecond for each column of the tile that a row has."""
        rows = [json.loads(path.read_text()) for path in self.files()]
        return 100.0 + (rows[0][str(batch)]["BLOCK_SIZE_N"] if rows else 256.0)

    def decode(self, batch: int, input: int, steps: int, profiled: int = 0, warmups: int = 2):
        if self.fails("decode", "crash") and profiled:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fails("decode", "slow"):
            time.sleep(30)
        self.asked += 1
        us = self.row_us(batch) * (1 + 0.001 * self.seed)
        gpu = {"moe_gemm": us - 100, "moe_align": 0.0, "rest": 100.0, "all": us, "busy": us}
        return {
            "steady": True, "step_s": [us * 1e-6 + 2e-4] * steps, "looked_up": {},
            "gpu_us": gpu if profiled else None, "mix": [batch * input] + [batch] * steps,
        }  # fmt: skip

    def routing(self, kind: str, file: str | None = None) -> dict[str, Any]:
        self.draws = None if file is None else np.load(file)
        return {"routing": kind}

    def wrong_gemm(self, kind: str | None) -> dict[str, Any]:
        self.planted = kind
        return {"planted": kind}

    def randomise(self, seed: int) -> dict[str, Any]:
        self.weights = seed
        return {"tensors": 1}

    def logits(self, prompts: list[list[int]], file: str) -> dict[str, Any]:
        rng = np.random.default_rng(self.weights)
        made = rng.normal(size=(len(prompts), 50)).astype(np.float32)
        if self.folder:
            made += 1e-4 * np.random.default_rng(len(self.folder)).normal(size=made.shape)
        if self.planted:
            made = made * (np.arange(made.shape[1]) % 2)  # half of it is left out
        if self.fails("logits", "wrong") and self.folder and "ours" in self.folder:
            made = made[:, ::-1].copy()
        np.save(file, made.astype(np.float32))
        return {"file": file}

    def generate(self, prompts: list[list[int]], tokens: int) -> dict[str, Any]:
        return {"tokens": [[sum(prompt) % 97] * tokens for prompt in prompts]}

    def serve(self, requests: list[list[float]], seed: int) -> dict[str, Any]:
        each = self.row_us(1) * 1e-6
        return {"ttft_s": [each] * len(requests), "tpot_s": [each] * len(requests),
                "e2el_s": [each * r[2] for r in requests], "itl_s": {"median": each, "p99": each},
                "output_tokens": int(sum(r[2] for r in requests)), "duration_s": each * 100,
                "mix": [1]}  # fmt: skip


if __name__ == "__main__":
    run_worker(World)
