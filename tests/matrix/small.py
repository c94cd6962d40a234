"""An engine that answers all that levels ask, by a toy model, in a process that speaks as vLLM's.

It obeys the spec as vLLM does: kernels are named by the backends, what it has not it refuses, and
a step takes as long as the settings say. GRAPHX_SMALL is JSON of what is wrong with it: see FAULTS.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from scripts.engine.boot_log import facts_of
from scripts.engine.spec import EngineSpec
from scripts.engine.worker import run_worker
from scripts.matrix.levels import correctness, path, performance, smoke, stress
from scripts.matrix.switches import Numbers
from tests.engine.scripted import no_space, port_taken

VOCABULARY, STEP_S = 97, 0.0004
OBSERVED: dict[str, Callable[..., dict[str, Any]]] = {
    "smoke": smoke.observe, "path": path.observe, "correctness": correctness.observe,
    "stress": stress.observe, "performance": performance.observe,
}  # fmt: skip
KERNELS = {"triton": "_matmul_ogs_NNT_bf16xbf16xmxfp4_16x256x128x1_swiglu",
           "marlin": "void marlin_moe_wna16::Marlin<1>"}  # fmt: skip
TIMES = {"marlin": 0.8, "TRITON_ATTN": 1.3, "eager": 3.0}


FAULTS: dict[str, Callable[[], Any]] = {
    "crash": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hang": lambda: time.sleep(600),
    "no_space": no_space,
    "port_taken": port_taken,
    "out_of_memory": lambda: (_ for _ in ()).throw(MemoryError("CUDA out of memory")),
}


class Small:
    """See scripts.matrix.levels.level.Asked."""

    QUESTIONS: ClassVar[tuple[str, ...]] = ("level", "paced", "plant", "memory")

    def __init__(self, spec: EngineSpec, folder: Path) -> None:
        self.spec, self.wrong = spec, json.loads(os.environ.get("GRAPHX_SMALL", "{}"))
        own = {key: text for key, text in self.wrong.items() if key in spec.name}
        self.wrong = {key: value for one in own.values() for key, value in one.items()}
        self._fail("boot")
        if os.environ.get("VLLM_MARLIN_INPUT_DTYPE") == "fp8":
            raise ValueError("Marlin W4A8-FP8 only support SM89 or SM12x device ")
        print(f"Using '{spec.moe_backend.upper()}' Mxfp4 MoE backend", file=sys.stderr)
        self.slower, self.held = 0.0, 0

    def _fail(self, where: str) -> None:
        if (fault := self.wrong.get(where)) in FAULTS:
            FAULTS[fault]()

    def facts(self) -> dict[str, Any]:
        return facts_of("")

    def memory(self) -> dict[str, Any]:
        return {"peak_bytes": 5_000_000_000 + self.held, "pid": os.getpid()}

    def prompts(self, count: int, length: int, seed: int) -> list[list[int]]:
        draw = np.random.default_rng((0, seed)).integers(0, VOCABULARY, (count, length))
        return [[int(token) for token in row] for row in draw]

    def _logits(self, prompt: Sequence[int]) -> np.ndarray:
        """Of the last token and the length, the same for every backend but for rounding."""
        base = np.random.default_rng((prompt[-1], len(prompt) % 7)).normal(size=VOCABULARY)
        noise = self.wrong.get("noise", 0.002) if self.spec.moe_backend == "marlin" else 0.0
        other = np.random.default_rng(prompt[-1]).normal(size=VOCABULARY)
        return (base + noise * other).astype(np.float32)

    def generate(
        self, prompts: Sequence[Sequence[int]], tokens: int, logprobs: int | None = None
    ) -> dict[str, Any]:
        out, likely = [], []
        for prompt in prompts:
            text, rows = list(prompt), []
            for _ in range(tokens):
                logits = self._logits(text)
                text.append(int(logits.argmax()))
                best = np.argsort(-logits)[: logprobs or 1]
                rows.append({str(n): float(logits[n]) for n in best})
            out.append(text[len(prompt) :])
            likely.append(rows)
        return {"tokens": out, "logprobs": likely if logprobs else None}

    def arrivals(self, prompts: Sequence[Sequence[int]], tokens: int) -> list[list[float]]:
        """By a clock of its own: as long as the settings say, with a half per mille of noise."""
        words = (self.spec.moe_backend, self.spec.attention_backend, "eager" * self.spec.eager)
        step = STEP_S * (1 + self.slower) * self.wrong.get("slower", 1.0)
        step *= float(np.prod([TIMES.get(str(word), 1.0) for word in words]))
        draw = np.random.default_rng((len(self.spec.name), tokens, len(prompts[0])))
        gaps = step * (1 + 0.0005 * draw.normal(size=tokens))
        return [[float(at) for at in np.cumsum(gaps)] for _ in prompts]

    def timeline(
        self, prompts: Sequence[Sequence[int]], steps: int, calls: bool = False
    ) -> dict[str, Any]:
        triton = self.spec.attention_backend == "TRITON_ATTN"
        attention = "kernel_unified_attention" if triton else "flash::FlashAttnFwdSm90"
        names = (KERNELS[self.spec.moe_backend], attention)
        started = {"cudaLaunchKernel": 9} if self.spec.eager else {"cudaGraphLaunch": steps}
        rows = [{"name": one, "calls": 2, "total_us": 40.0} for one in names]
        return {"steps": steps, "calls": started if calls else {}, "kernels": rows,
                "span_us": 90.0, "busy_us": 80.0, "idle_us": 10.0, "gaps": 3}  # fmt: skip

    def prefills(self, prompts: Sequence[Sequence[int]]) -> dict[str, Any]:
        return self.timeline(prompts, len(prompts))

    def logits(self, prompts: Sequence[Sequence[int]], file: str) -> dict[str, Any]:
        whole = np.stack([self._logits(prompt) for prompt in prompts])
        if self.wrong.get("nan"):
            whole[0, 0] = np.nan
        np.save(file, whole)
        return {"finite": bool(np.isfinite(whole).all())}

    def forget_peak(self) -> None:
        pass

    def level(self, name: str, numbers: dict[str, Any]) -> dict[str, Any]:
        self._fail(name)
        return OBSERVED[name](self, _numbers(numbers))

    def paced(self, number: int, numbers: dict[str, Any]) -> dict[str, Any]:
        self._fail(f"round-{number}")
        return performance.paced(self, _numbers(numbers), number)

    def plant(self, slower: float = 0.0, bytes: int = 0, fault: str = "") -> dict[str, Any]:
        self.slower, self.held = slower, bytes
        if fault:
            FAULTS[fault]()
        return {}


def _numbers(given: dict[str, Any]) -> Numbers:
    made = {key: tuple(v) if isinstance(v, list) else v for key, v in given.items()}
    return Numbers(**made)


if __name__ == "__main__":
    sys.exit(run_worker(Small))
