"""vLLM's engine as the levels ask it. Runs where scripts.engine.vllm_engine does."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

from scripts.engine.spec import EngineSpec
from scripts.engine.vllm_engine import VllmEngine
from scripts.matrix import faults
from scripts.matrix.checkpoint import CYCLE, DONE
from scripts.matrix.cores import pinned
from scripts.matrix.levels import correctness, path, performance, smoke, stress
from scripts.matrix.switches import Numbers
from scripts.matrix.timeline import events_of, timeline

SINKS = "GRAPHX_SINKS"  # variable; "silent": they add nothing
OBSERVED = {
    "smoke": smoke.observe,
    "path": path.observe,
    "correctness": correctness.observe,
    "stress": stress.observe,
    "performance": performance.observe,
}
# Tokens before a profile: what proposes from the text has by then seen the cycle twice.
_BEFORE = 2 * CYCLE + 4
_SILENT = -1e4  # a logit that the softmax gives nothing, and bf16 can hold
_WEIGHTS_S = 120.0  # until weights that are being drawn are given up


def numbers_of(value: dict[str, Any]) -> Numbers:
    """Numbers as they come over the wire."""
    known = {one.name for one in fields(Numbers)}
    made: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in value.items() if key in known
    }
    return Numbers(**made)


def wait_for(weights: Path, seconds: float = _WEIGHTS_S) -> None:
    """Until the weights that another process draws are whole. TimeoutError after that."""
    until = time.monotonic() + seconds
    while not (weights / DONE).exists():
        if time.monotonic() > until:
            raise TimeoutError(f"{weights}: no weights after {seconds:g} s")
        time.sleep(0.2)


class MatrixEngine(VllmEngine):
    """A booted engine and the levels' questions to it."""

    QUESTIONS: ClassVar[tuple[str, ...]] = (*VllmEngine.QUESTIONS, "level", "paced", "plant")

    def __init__(self, spec: EngineSpec, folder: Path) -> None:
        if spec.weights and spec.environment.get("GRAPHX_DRAWN"):
            import vllm  # noqa: F401, PLC0415 - while they are being drawn

            wait_for(Path(spec.weights))
            if draft := (spec.speculative or {}).get("model"):
                wait_for(Path(draft))
        super().__init__(spec, folder)
        self._held: list[Any] = []
        if os.environ.get(SINKS) == "silent":
            self._silence()

    def _silence(self) -> None:
        found = [
            one for name, one in self._worker.model_runner.get_model().named_parameters()
            if name.endswith(".sinks")
        ]  # fmt: skip
        if not found:
            raise ValueError(f"{SINKS}: the model has no sinks")
        for one in found:
            one.data.fill_(_SILENT)

    def prompts(self, count: int, length: int, seed: int) -> list[list[int]]:
        """See scripts.matrix.levels.level.Asked."""
        return self._prompts(count, length, seed)

    def arrivals(self, prompts: Sequence[Sequence[int]], tokens: int) -> list[list[float]]:
        """See scripts.matrix.levels.level.Asked."""
        run = self._run(prompts, tokens)
        run.finish()
        return run.at_s()

    def timeline(
        self, prompts: Sequence[Sequence[int]], steps: int, calls: bool = False
    ) -> dict[str, Any]:
        """See scripts.matrix.levels.level.Asked."""
        import torch  # noqa: PLC0415

        kinds = torch.profiler.ProfilerActivity
        # A step may bring several tokens where some are proposed.
        run = self._run(prompts, _BEFORE + 5 * (steps + 2))
        run.until_first()
        for _ in range(_BEFORE):
            run.step()
        torch.cuda.synchronize()
        with torch.profiler.profile(
            activities=[kinds.CPU, kinds.CUDA] if calls else [kinds.CUDA]
        ) as profiler:
            for _ in range(steps):
                run.step()
            torch.cuda.synchronize()
        run.finish()
        return timeline(events_of(profiler.profiler.kineto_results), steps)

    def prefills(self, prompts: Sequence[Sequence[int]]) -> dict[str, Any]:
        """See scripts.matrix.levels.level.Asked."""
        import torch  # noqa: PLC0415

        torch.cuda.synchronize()
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profiler:
            for prompt in prompts:
                self._run([prompt], 1).finish()
            torch.cuda.synchronize()
        return timeline(events_of(profiler.profiler.kineto_results), len(prompts))

    def forget_peak(self) -> None:
        """See scripts.matrix.levels.level.Asked."""
        import torch  # noqa: PLC0415

        torch.cuda.reset_peak_memory_stats()

    def level(self, name: str, numbers: dict[str, Any]) -> dict[str, Any]:
        """What the level sees of this engine."""
        return OBSERVED[name](self, numbers_of(numbers))

    def paced(self, number: int, numbers: dict[str, Any]) -> dict[str, Any]:
        """A round of the performance level, on the cores that all engines are timed on."""
        known = numbers_of(numbers)
        with pinned(known.cores, number) as cores:
            return performance.paced(self, known, number) | {"cores": cores}

    def plant(self, slower: float = 0.0, bytes: int = 0, fault: str = "") -> dict[str, Any]:
        """A fault on purpose: every step prolonged by a share of it, bytes held, or one of FAULTS.
        ``slower`` 0 takes the delay back."""  # noqa: D205,D209
        import torch  # noqa: PLC0415

        engine: Any = self._llm.llm_engine
        step = type(engine).step.__get__(engine)

        def prolonged() -> Any:
            began = time.perf_counter()
            found = step()
            until = time.perf_counter() + slower * (time.perf_counter() - began)
            while time.perf_counter() < until:
                pass
            return found

        engine.step = prolonged if slower else step
        self._held = [torch.empty(bytes, dtype=torch.uint8, device="cuda")] if bytes else []
        if fault:
            faults.FAULTS[fault]()
        return {"slower": slower, "bytes": bytes}
