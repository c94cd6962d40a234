"""SGLang's own lookup and launch, cut out of a release."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from scripts.lib.runtimes.releases.binder import Bound
from scripts.lib.runtimes.releases.cut import Namespace, cut
from scripts.lib.runtimes.releases.loader import Find, NotFoundError, call
from scripts.lib.runtimes.releases.quiet import COMMON, launch_tensors
from scripts.lib.runtimes.releases.request import Request
from scripts.lib.runtimes.releases.wheel import UnreachableError, read_members

# Where releases keep the lookup, the launch and the device's name, newest first.
_CONFIG = (
    "sglang/srt/layers/moe/moe_runner/triton_utils/fused_moe_triton_config.py",
    "sglang/srt/layers/moe/fused_moe_triton/fused_moe_triton_config.py",
)
_LAUNCH = (
    "sglang/kernels/ops/moe/fused_moe_triton_kernels.py",
    "sglang/srt/layers/moe/moe_runner/triton_utils/fused_moe_triton_kernels.py",
    "sglang/srt/layers/moe/fused_moe_triton/fused_moe_triton_kernels.py",
)
_UTILS = ("sglang/srt/utils/common.py",)
_LOOKUP = (
    "get_config_file_name", "get_moe_configs", "try_get_optimal_moe_config", "get_config_dtype_str",
)  # fmt: skip
_KERNELS = ("fused_moe_kernel", "fused_moe_kernel_gptq_awq")
_PACKAGES = (
    "sglang.srt.layers.moe.moe_runner.triton_utils",
    "sglang.srt.layers.moe.fused_moe_triton",
)


class SglangLoader:
    """A release of SGLang. UnreachableError if it cannot be read."""

    package = "sglang"

    def __init__(self, version: str, cache: Path | None = None) -> None:
        self.version = version
        found = read_members("sglang", version, [*_CONFIG, *_LAUNCH, *_UTILS], cache)
        self._files = []
        for places in (_CONFIG, _LAUNCH, _UTILS):
            here = [found[place] for place in places if place in found]
            if not here:
                raise UnreachableError(f"sglang {version}: has none of {', '.join(places)}")
            self._files.append(here[0])

    def find(self, folder: Path, request: Request, triton: str) -> Find:
        """See Loader."""
        settings = SimpleNamespace(
            enable_deterministic_inference=False,
            deterministic=SimpleNamespace(enable_deterministic_inference=False),
        )
        given: Namespace = COMMON | {
            "os": _environment(folder),
            "triton": SimpleNamespace(__version__=triton),
            "get_global_server_args": lambda: settings,
            "get_exec": lambda: settings,
            "get_server_args": lambda: settings,
            "get_device_name": self._device_name(request),
            "get_default_config": _not_found,
        }
        modules = {package: {"get_config": lambda: None} for package in _PACKAGES}
        own = cut(self._files[0], _LOOKUP, given, modules)
        flags = {request.flag: True} if request.flag else {}
        dtype = call(own["get_config_dtype_str"], dtype=torch.bfloat16, **flags)
        up, down = request.weight_shapes
        lookup = own["try_get_optimal_moe_config"]

        def config(tokens: int) -> dict[str, int]:
            found, _ = call(
                lookup, w1_shape=up, w2_shape=down, top_k=request.shape.top_k, dtype=dtype,
                M=tokens, block_shape=request.block_shape, is_marlin=False,
                per_channel_quant=request.per_channel, return_down_config=True,
            )  # fmt: skip
            return dict(found)

        return config

    def _device_name(self, request: Request) -> Callable[..., Any]:
        cuda = SimpleNamespace(
            is_available=lambda: True, get_device_name=lambda *_: request.device_name
        )
        given = {"torch": SimpleNamespace(cuda=cuda), "is_musa": lambda: False}
        own: Callable[..., Any] = cut(self._files[2], ["get_device_name"], given)["get_device_name"]
        return own

    @cached_property
    def _jit(self) -> Namespace:
        helpers = (*_KERNELS, "write_zeros_to_output")
        return cut(self._files[1], helpers, COMMON)

    def launch(self, request: Request, tokens: int, entry: dict[str, int]) -> int:
        """See Loader."""
        kernels = {
            name: Bound(self._jit[name], "gfx942" if request.amd else 90) for name in _KERNELS
        }
        given: Namespace = COMMON | kernels | {"is_arch_support_pdl": lambda: False}
        tensors = launch_tensors(tokens, request)
        flags = {request.flag: True} if request.flag else {}
        own = cut(self._files[1], ["invoke_fused_moe_kernel"], given)["invoke_fused_moe_kernel"]
        call(
            own, **tensors, **flags, config=dict(entry), top_k=request.shape.top_k,
            block_shape=request.block_shape, bias=None,
        )  # fmt: skip
        return sum(kernel.launches for kernel in kernels.values())


def _environment(folder: Path) -> SimpleNamespace:
    return SimpleNamespace(
        environ={"SGLANG_MOE_CONFIG_DIR": str(folder)}, path=os.path, listdir=os.listdir
    )


def _not_found(*_args: Any, **_kwargs: Any) -> None:
    raise NotFoundError
