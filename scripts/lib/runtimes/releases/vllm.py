"""vLLM's own lookup and launch, cut out of a release."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from scripts.lib.runtimes.releases.binder import Bound
from scripts.lib.runtimes.releases.cut import Namespace, cut
from scripts.lib.runtimes.releases.loader import Find, NotFoundError, call
from scripts.lib.runtimes.releases.quiet import COMMON, launch_tensors, silent
from scripts.lib.runtimes.releases.request import Request
from scripts.lib.runtimes.releases.wheel import read_members

_LAYERS = "vllm/model_executor/layers/fused_moe/"
_FUSED, _CONFIG = _LAYERS + "fused_moe.py", _LAYERS + "config.py"
_ROCM, _UTILS = "vllm/platforms/rocm.py", "vllm/utils/platform_utils.py"
_LOOKUP = ("get_config_file_name", "get_moe_configs", "try_get_optimal_moe_config")
_LAUNCH = (
    "dispatch_fused_moe_kernel", "should_moe_wna16_use_cuda", "get_moe_wna16_block_config",
    "_ensure_block_size_k_divisible", "invoke_fused_moe_wna16_cuda_kernel",
    "invoke_fused_moe_wna16_triton_kernel", "invoke_fused_moe_triton_kernel",
)  # fmt: skip
_KERNELS = ("fused_moe_kernel", "fused_moe_kernel_gptq_awq")
# The CUDA kernel for packed weights and few tokens, which is not in Python: what its host code
# checks before it launches (BLOCK_SIZE_M, and groups of weights in BLOCK_SIZE_K).
_MOST_ROWS, _GROUPS = 64, (1, 2, 4, 8)


class VllmLoader:
    """A release of vLLM. UnreachableError if it cannot be read."""

    package = "vllm"

    def __init__(self, version: str, cache: Path | None = None) -> None:
        self.version = version
        self._files = read_members("vllm", version, [_FUSED, _CONFIG, _ROCM, _UTILS], cache)

    def find(self, folder: Path, request: Request, triton: str) -> Find:
        """See Loader. ``triton`` does not matter here."""
        platform = self._platform(request)
        modules: dict[str, Namespace] = {
            "vllm.model_executor.layers.fused_moe": {"get_config": lambda: None},
            "vllm.platforms": {"current_platform": platform},
        }
        given: Namespace = COMMON | {
            "current_platform": platform,
            "envs": SimpleNamespace(VLLM_TUNED_CONFIG_FOLDER=folder, VLLM_BATCH_INVARIANT=False),
            "vllm_is_batch_invariant": lambda: False,
            "get_default_config": _not_found,
        }
        if _UTILS in self._files:
            named = cut(
                self._files[_UTILS], ["get_device_name_as_file_name"], COMMON | {"re": re}, modules
            )
            given |= {key: named[key] for key in named if key == "get_device_name_as_file_name"}
        lookup = cut(self._files[_FUSED], _LOOKUP, given, modules)["try_get_optimal_moe_config"]
        up, down = request.weight_shapes
        dtype = self._dtype(request)
        return lambda tokens: lookup(
            up, down, request.shape.top_k, dtype, tokens, request.block_shape
        )

    def _dtype(self, request: Request) -> str | None:
        word = cut(self._files[_CONFIG], ["_get_config_dtype_str"], {"torch": torch})
        flags = {request.flag: True} if request.flag else {}
        return (
            str(found)
            if (found := call(word["_get_config_dtype_str"], dtype=torch.bfloat16, **flags))
            else None
        )

    def _platform(self, request: Request) -> SimpleNamespace:
        if not request.amd:
            return SimpleNamespace(
                get_device_name=lambda *_: request.device_name, is_cuda=lambda: True
            )
        about = {"device_id": request.device_id or "0x0", "market_name": request.device_name}
        given = {
            "amdsmi_get_processor_handles": lambda: [0],
            "amdsmi_get_gpu_asic_info": lambda _: about,
        }
        names = ["_ROCM_DEVICE_ID_NAME_MAP", "RocmPlatform.get_device_name"]
        own = cut(self._files[_ROCM], names, given)["get_device_name"]
        first = SimpleNamespace(device_id_to_physical_device_id=lambda index: index)
        return SimpleNamespace(
            get_device_name=lambda index=0: own(first, index), is_cuda=lambda: False
        )

    @cached_property
    def _jit(self) -> Namespace:
        helpers = (*_KERNELS, "write_zeros_to_output")
        return cut(self._files[_FUSED], helpers, COMMON)

    def launch(self, request: Request, tokens: int, entry: dict[str, int]) -> int:
        """See Loader."""
        kernels = {
            name: Bound(self._jit[name], "gfx942" if request.amd else 90) for name in _KERNELS
        }
        cuda: list[int] = []
        given: Namespace = (
            COMMON
            | kernels
            | {
                "current_platform": SimpleNamespace(is_cuda=lambda: not request.amd),
                "ops": SimpleNamespace(
                    moe_wna16_gemm=lambda *args: cuda.append(_few_tokens(*args))
                ),
                "enable_swap_ab": lambda *_: False,
                "warn_if_moe_use_td_ineffective": silent,
                "resolve_moe_use_td": lambda: False,
            }
        )
        tensors = launch_tensors(tokens, request)
        flags = {request.flag: True} if request.flag else {}
        dispatch = cut(self._files[_FUSED], _LAUNCH, given)["dispatch_fused_moe_kernel"]
        call(
            dispatch, **tensors, **flags, config=entry, top_k=request.shape.top_k,
            block_shape=request.block_shape,
        )  # fmt: skip
        return len(cuda) + sum(kernel.launches for kernel in kernels.values())


def _few_tokens(*args: Any) -> int:
    activations, scales = args[0], args[3]
    rows, _, deep, _ = args[-4:]
    groups, rest = divmod(deep, activations.size(1) // scales.size(2))
    if rows > _MOST_ROWS or rest or groups not in _GROUPS:
        raise RuntimeError(f"moe_wna16_gemm takes no BLOCK_SIZE_M {rows}, BLOCK_SIZE_K {deep}")
    return 1


def _not_found(*_args: Any, **_kwargs: Any) -> None:
    raise NotFoundError
