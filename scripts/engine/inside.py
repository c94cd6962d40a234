"""What is changed inside a booted engine: MoE config files, routing, weights. For vLLM 0.24.

A boot takes a minute and more; configs of its MoE layers are looked up by file and captured in CUDA
graphs, so that within one boot they can be changed by forgetting both. All else of the boot, its
memory and weights, stays the same: what then differs is due to the configs.
"""

from __future__ import annotations

import contextlib
import functools
import types
from collections.abc import Iterator
from typing import Any

from scripts.engine import drawn, planted
from scripts.engine.spec import ROUTINGS

Looked = tuple[int, dict[str, int]]


class Inside:
    """A booted engine from within. ``worker``: vLLM's, of this process."""

    def __init__(self, worker: Any) -> None:
        from vllm.model_executor.layers.fused_moe.experts import triton_moe  # noqa: PLC0415

        self._worker = worker
        self._looked: list[Looked] = []
        look_up = triton_moe.try_get_optimal_moe_config

        def noting(*args: Any, **named: Any) -> Any:
            found = look_up(*args, **named)
            tokens = named["M"] if "M" in named else args[4]
            self._looked.append((int(tokens), {key: int(v) for key, v in found.items()}))
            return found

        triton_moe.try_get_optimal_moe_config = noting

    def looked_up(self) -> dict[str, dict[str, Any]]:
        """By tokens of an MoE call: ``calls`` and the ``config`` launched, since last asked.

        Calls within a replayed CUDA graph do not look anything up: they stand where it was
        captured. ValueError if one batch size had two configs.
        """
        found: dict[str, dict[str, Any]] = {}
        for tokens, config in self._looked:
            one = found.setdefault(str(tokens), {"calls": 0, "config": config})
            if one["config"] != config:
                raise ValueError(f"{tokens} tokens had two configs: {one['config']}, {config}")
            one["calls"] += 1
        self._looked.clear()
        return found

    def configs(self, folder: str | None) -> dict[str, Any]:
        """Look MoE configs up anew, in ``folder`` first (None: vLLM's own alone); capture anew.

        ``read``: the files that were, which no log line says a second time; ``looked_up``: of the
        capture, as above.
        """
        from vllm import envs  # noqa: PLC0415
        from vllm.model_executor.layers.fused_moe import fused_moe  # noqa: PLC0415

        vars(envs)["VLLM_TUNED_CONFIG_FOLDER"] = folder  # before its cache, which holds the old
        read: list[str] = []
        fused_moe.get_moe_configs.cache_clear()
        with _opened(fused_moe, read):
            self._capture()
        return {"read": sorted(set(read)), "looked_up": self.looked_up()}

    def routing(self, kind: str, file: str | None = None) -> dict[str, Any]:
        """Route by the model's gate, uniformly at random (ROUTINGS), or by ``drawn``; capture anew.

        ``file`` (.npy), of ``drawn`` alone: see scripts.engine.drawn.
        """
        routers = list(self._routers())
        methods: list[Any] = [None] * len(routers)
        if kind == "drawn":
            methods = drawn.methods_of(str(file), len(routers))
        elif ROUTINGS[kind]:
            methods = [functools.partial(_simulated, ROUTINGS[kind])] * len(routers)
        for router, method in zip(routers, methods, strict=True):
            vars(router).pop("_compute_routing", None)
            if method is not None:
                router._compute_routing = types.MethodType(method, router)
        self._capture()
        return {"routing": kind, "layers": len(routers)}

    def wrong_gemm(self, kind: str | None) -> dict[str, Any]:
        """Have the experts' GEMM compute something wrong from now on (None: right again)."""
        planted.wrong_gemm(kind)
        self._capture()
        return {"planted": kind}

    def _routers(self) -> Iterator[Any]:
        from vllm.model_executor.layers.fused_moe.router.base_router import (  # noqa: PLC0415
            BaseRouter,
        )

        seen: set[int] = set()
        for module in self._worker.model_runner.model.modules():
            router = getattr(module, "router", None)
            if isinstance(router, BaseRouter) and id(router) not in seen:
                seen.add(id(router))
                yield router

    def _capture(self) -> None:
        import torch  # noqa: PLC0415
        from vllm.compilation.breakable_cudagraph import BreakableCUDAGraphWrapper  # noqa: PLC0415
        from vllm.compilation.cuda_graph import CUDAGraphWrapper  # noqa: PLC0415

        self._looked.clear()
        torch.cuda.synchronize()
        CUDAGraphWrapper.clear_all_graphs()
        BreakableCUDAGraphWrapper.clear_all_graphs()
        if not self._worker.model_config.enforce_eager:
            self._worker.model_runner.capture_model()
        torch.cuda.synchronize()

    def randomise(self, seed: int) -> dict[str, Any]:
        """Random weights of a size at which every layer counts, in the place of what is there.

        vLLM's dummy weights are so small that its outputs hardly depend on a layer. Here matrices
        are normal with variance 1 / (their last dimension), norms are 1, biases 0; in fp8 the
        values are normal and the scales carry the rest.
        """
        import torch  # noqa: PLC0415

        generator = torch.Generator(device="cuda").manual_seed(seed)
        tensors = dict(self._worker.model_runner.model.state_dict())
        with torch.no_grad():
            for name, tensor in tensors.items():
                if tensor.is_floating_point():
                    _fill(name, tensor, tensors, generator)
        torch.cuda.synchronize()
        return {"tensors": len(tensors)}


def _fill(name: str, tensor: Any, tensors: dict[str, Any], generator: Any) -> None:
    import torch  # noqa: PLC0415

    weight = name.removesuffix("_inv").removesuffix("_scale")
    if weight != name:
        of = tensors.get(weight)
        tensor.fill_(1.0 if of is None else of.shape[-1] ** -0.5)
    elif tensor.ndim < 2:
        tensor.fill_(1.0 if "norm" in name and not name.endswith("bias") else 0.0)
    else:
        size = 1.0 if tensor.element_size() == 1 else tensor.shape[-1] ** -0.5
        for row in tensor if tensor.ndim > 2 else [tensor]:
            draw = torch.randn(row.shape, generator=generator, device=row.device)
            row.copy_(draw * size)


def _simulated(strategy: str, router: Any, hidden: Any, logits: Any, indices: Any, **_: Any) -> Any:
    from vllm.model_executor.layers.fused_moe.router.routing_simulator_router import (  # noqa: PLC0415
        RoutingSimulator,
    )

    return RoutingSimulator.simulate_routing(hidden, logits, strategy, router.top_k, indices)


@contextlib.contextmanager
def _opened(module: Any, read: list[str]) -> Iterator[None]:
    """Note the files that a module of vLLM opens meanwhile, among them the MoE configs."""

    def opening(path: str, *args: Any, **named: Any) -> Any:
        read.append(str(path))
        return open(path, *args, **named)  # noqa: PTH123

    vars(module)["open"] = opening
    try:
        yield
    finally:
        del vars(module)["open"]
