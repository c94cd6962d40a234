"""vLLM's engine in this process, with all that it is asked."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from scripts.engine.boot_log import LOG_NAME, facts_of
from scripts.engine.inside import Inside
from scripts.engine.profiled import busy_us, by_class, kernels_of
from scripts.engine.prompts import VOCABULARY, draw_prompts
from scripts.engine.spec import EngineSpec
from scripts.engine.steps import Run, serve
from scripts.lib.files import write_json


def arguments_of(spec: EngineSpec, folder: Path) -> dict[str, Any]:
    """Arguments of ``vllm.LLM``; writes the config.json of a model with random weights."""
    model = Path(spec.weights) if spec.weights else folder / "model"
    if spec.weights is None:
        write_json(model / "config.json", spec.config())
    made: dict[str, Any] = {
        "model": str(model),
        "load_format": "auto" if spec.weights else "dummy",
        "skip_tokenizer_init": not spec.tokenizer,
        "max_model_len": spec.max_model_len,
        "max_num_batched_tokens": spec.max_batched_tokens,
        "max_num_seqs": spec.max_seqs,
        "kv_cache_memory_bytes": spec.kv_cache_bytes,
        # With the cache's bytes given this is a threshold only: that much must be free at the
        # start, and several engines share the GPU.
        "gpu_memory_utilization": 0.01,
        "enforce_eager": spec.eager,
        "moe_backend": spec.moe_backend,
        "enable_expert_parallel": spec.expert_parallel,
        "enable_prefix_caching": False,  # prompts are asked again to be timed again
        "seed": spec.seed,
        "disable_log_stats": True,
    }
    if spec.graph_sizes and not spec.eager:
        made["cudagraph_capture_sizes"] = list(spec.graph_sizes)
    if spec.attention_backend is not None:
        made["attention_backend"] = spec.attention_backend
    if spec.speculative is not None:
        made["speculative_config"] = dict(spec.speculative)
    return {**made, **spec.arguments}


class VllmEngine:
    """A booted engine and the questions to it. Raises what vLLM raises."""

    QUESTIONS: ClassVar[tuple[str, ...]] = (
        "generate", "latency", "decode", "profile", "logits", "serve", "memory",
        "configs", "routing", "randomise", "wrong_gemm",
    )  # fmt: skip

    def __init__(self, spec: EngineSpec, folder: Path) -> None:
        self.spec, self._log = spec, folder / LOG_NAME
        began = time.perf_counter()
        arguments = arguments_of(spec, folder)
        import vllm  # noqa: PLC0415 - on the GPU machine alone, and takes a quarter of a minute

        self._import_s = time.perf_counter() - began
        self._sampling = vllm.SamplingParams
        self._llm = vllm.LLM(**arguments)
        self._boot_s = time.perf_counter() - began
        self._mix: list[int] = []
        self._worker = self._llm.collective_rpc(lambda worker: worker)[0]
        self._watch_calls()
        inside = Inside(self._worker)
        self.configs, self.routing = inside.configs, inside.routing
        self.randomise, self.wrong_gemm = inside.randomise, inside.wrong_gemm
        self._looked_up = inside.looked_up

    def _watch_calls(self) -> None:
        """Note of each step how many tokens it was scheduled."""
        runner = self._worker.model_runner
        execute = runner.execute_model

        def noting(scheduled: Any, *args: Any, **named: Any) -> Any:
            if scheduled.total_num_scheduled_tokens:
                self._mix.append(int(scheduled.total_num_scheduled_tokens))
            return execute(scheduled, *args, **named)

        runner.execute_model = noting

    def facts(self) -> dict[str, Any]:
        """``boot_s`` (``import_s`` of it), what the log says, captured sizes, version, memory."""
        import vllm  # noqa: PLC0415

        log = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        config = self._llm.llm_engine.vllm_config
        sizes = [] if self.spec.eager else config.compilation_config.cudagraph_capture_sizes or []
        return {
            "boot_s": round(self._boot_s, 2),
            "import_s": round(self._import_s, 2),
            "vllm": vllm.__version__,
            "graph_sizes": sorted(int(size) for size in sizes),
            "graph_mode": str(config.compilation_config.cudagraph_mode),
            "async_scheduling": bool(config.scheduler_config.async_scheduling),
            **facts_of(log),
            **self.memory(),
        }

    def memory(self) -> dict[str, Any]:
        """Bytes on the GPU: of this process's tensors, their peak, and free of the whole."""
        import torch  # noqa: PLC0415

        free, total = torch.cuda.mem_get_info()
        return {
            "pid": os.getpid(),
            "reserved_bytes": int(torch.cuda.memory_reserved()),
            "peak_bytes": int(torch.cuda.max_memory_allocated()),
            "gpu_free_bytes": int(free),
            "gpu_total_bytes": int(total),
        }

    def _prompts(self, batch: int, length: int, seed: int) -> list[list[int]]:
        vocabulary = int(self._llm.model_config.get_vocab_size())
        return draw_prompts((self.spec.seed, seed), vocabulary, batch, length)

    def _run(
        self,
        prompts: Sequence[Sequence[int]],
        tokens: int,
        logprobs: int | None = None,
        **more: Any,
    ) -> Run:
        self._mix.clear()
        return Run(self._llm.llm_engine, prompts, self._greedy(tokens, logprobs, **more))

    def _greedy(self, tokens: int, logprobs: int | None = None, **more: Any) -> Any:
        from vllm.sampling_params import RequestOutputKind  # noqa: PLC0415

        said = {"temperature": 0.0, "ignore_eos": True, "detokenize": False, **more}
        sampling = self._sampling(max_tokens=tokens, logprobs=logprobs, **said)
        sampling.output_kind = RequestOutputKind.DELTA
        return sampling

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        tokens: int,
        logprobs: int | None = None,
        ignore_eos: bool = True,
    ) -> dict[str, Any]:
        """Greedy continuation of prompts, lists of token ids.

        ``tokens`` [prompts][tokens]; ``logprobs``, if so many were asked, of each token {id: its
        logarithm}; ``step_s`` of each step; ``mix``: scheduled tokens of each step.
        """
        run = self._run(prompts, tokens, logprobs, ignore_eos=ignore_eos)
        run.finish()
        return {**run.outputs(), "step_s": run.step_s, "mix": list(self._mix)}

    def latency(
        self, batch: int, input: int, output: int, repeats: int = 3, warmups: int = 1
    ) -> dict[str, Any]:
        """Time ``repeats`` runs of ``batch`` random prompts of ``input`` tokens, ``output`` more.

        Of each run: ``seconds``; ``first_s``, when the last prompt had its first token; ``ttft_s``
        and ``itl_s``, medians over requests and over gaps between tokens with their 99th
        percentiles. ``mix``: scheduled tokens of each step of the last run.
        """
        runs = []
        for number in range(-warmups, repeats):
            run = self._run(self._prompts(batch, input, number + warmups), output)
            run.finish()
            if number >= 0:
                runs.append(run.timing())
        return {"batch": batch, "input": input, "output": output, "runs": runs,
                "mix": list(self._mix)}  # fmt: skip

    def decode(
        self, batch: int, input: int, steps: int, profiled: int = 0, warmups: int = 2
    ) -> dict[str, Any]:
        """Time decode steps of ``batch`` requests, ``profiled`` more of them by the profiler.

        ``step_s``: wall time of each of ``steps`` steps, of a batch that all have its first token
        and ``warmups`` more; ``gpu_us``: by class of kernel (scripts.engine.profiled), a step's
        mean, and ``busy``, time in which any ran; ``steady``: every timed step decoded the whole
        batch; ``mix``: scheduled tokens of each step, the prefill's included.
        """
        # By the time that the last request has its first token, the first ones have several.
        before = 2 * -(-batch * input // self.spec.max_batched_tokens) + 4
        run = self._run(self._prompts(batch, input, 0), before + warmups + steps + profiled + 4)
        run.until_first()
        run.steps(warmups)
        timed, seen = len(run.step_s), len(self._mix)
        run.steps(steps)
        step_s, gpu = run.step_s[timed:], None
        if profiled:
            found = self._profiled(lambda: run.steps(profiled))
            gpu = {k: round(us / profiled, 3) for k, us in by_class(found["kernels"]).items()}
            gpu["busy"] = found["busy_us"] and round(found["busy_us"] / profiled, 3)
        steady = all(tokens == batch for tokens in self._mix[seen:])
        run.finish()
        return {"batch": batch, "input": input, "step_s": step_s, "gpu_us": gpu, "steady": steady,
                "mix": list(self._mix), "looked_up": self._looked_up()}  # fmt: skip

    def serve(self, requests: Sequence[Sequence[float]], seed: int = 0) -> dict[str, Any]:
        """Serve requests (arrival in seconds, input tokens, output tokens) as they arrive.

        Of each request in order: ``ttft_s``, ``e2el_s`` from its arrival, ``tpot_s``; ``itl_s``
        of all gaps; ``duration_s`` of the whole. One request at least.
        """
        rng = np.random.default_rng((self.spec.seed, seed))
        vocabulary = min(VOCABULARY, int(self._llm.model_config.get_vocab_size()))
        prompts = [[int(t) for t in rng.integers(0, vocabulary, int(n))] for _, n, _ in requests]
        sampling = [self._greedy(int(tokens)) for *_, tokens in requests]
        self._mix.clear()
        found = serve(self._llm.llm_engine, [float(at) for at, *_ in requests], prompts, sampling)
        return {**found, "mix": list(self._mix)}

    def profile(
        self, batch: int, input: int, steps: int = 8, trace: str | None = None
    ) -> dict[str, Any]:
        """Kernels of ``steps`` decode steps and of one prefill, by the profiler on the GPU.

        ``decode``, ``prefill``: kernels (name, calls, total_us, mean_us), ``steps`` of them, and
        ``wall_s``, with the profiler's own cost in it. ``trace``: file for the raw trace of the
        decode steps, in Chrome's format.
        """
        self.latency(batch, input, steps + 4, repeats=0)
        run = self._run(self._prompts(batch, input, 1), steps + 4)
        prefill = self._profiled(run.until_first)
        run.step()
        decode = self._profiled(lambda: run.steps(steps), trace)
        run.finish()
        return {
            "batch": batch, "input": input,
            "prefill": {**prefill, "steps": run.first_steps},
            "decode": {**decode, "steps": steps},
        }  # fmt: skip

    @staticmethod
    def _profiled(work: Callable[[], Any], trace: str | None = None) -> dict[str, Any]:
        import torch  # noqa: PLC0415

        torch.cuda.synchronize()
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profiler:
            began = time.perf_counter()
            work()
            torch.cuda.synchronize()
            wall = time.perf_counter() - began
        if trace is not None:
            profiler.export_chrome_trace(trace)
        busy = busy_us(profiler.events() or [])
        return {"kernels": kernels_of(profiler.key_averages()), "wall_s": round(wall, 6),
                "busy_us": None if busy is None else round(busy, 3)}  # fmt: skip

    def logits(self, prompts: Sequence[Sequence[int]], file: str) -> dict[str, Any]:
        """The last layer's logits at the end of each prompt, one prompt after the other.

        Written to ``file`` (.npy) as float32 [prompts, vocabulary]; ``greedy``: their argmax.
        """
        model = self._worker.model_runner.model
        compute, kept = model.compute_logits, []

        def keeping(*args: Any, **named: Any) -> Any:
            found = compute(*args, **named)
            kept.append(found[-1].float().cpu().numpy())
            return found

        model.compute_logits = keeping
        try:
            rows = []
            for prompt in prompts:
                kept.clear()
                self._run([prompt], 1).finish()
                rows.append(kept[0])
        finally:
            model.compute_logits = compute
        whole, made = np.stack(rows), io.BytesIO()
        np.save(made, whole)  # onto a full disk numpy's own writing says nothing of the disk
        Path(file).write_bytes(made.getvalue())
        return {"file": file, "shape": list(whole.shape), "finite": bool(np.isfinite(whole).all()),
                "greedy": [int(token) for token in whole.argmax(axis=1)]}  # fmt: skip
