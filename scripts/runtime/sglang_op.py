"""SGLang's fused operator under a given config: its source, run without the rest of SGLang.

SGLang's own are: the GEMMs in Triton and their launch, with operands swapped where SGLang swaps
them; the alignment of few rows among many experts; the activation, the sum over experts and the
quantisation in groups, each as SGLang writes them in Triton. What SGLang takes from its compiled
library is vLLM's here, of the same contract: the alignment of more rows, and quantisation with a
scale a tensor or a token. The lookup of a config is left out: it is given.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import torch
import triton
import triton.language as tl

from kernels.formats import Element, Format, Scaling
from scripts.lib.runtimes.releases.cut import Namespace, cut
from scripts.measure.work.operands import Weights
from scripts.measure.work.routing import Draw
from scripts.runtime.launched import Launched, compiling
from scripts.runtime.op import ENVIRONMENT, Entry, OpLayer, setdefault
from scripts.runtime.sglang_source import Source

SCHEMES = ("bf16", "fp16", "fp8_w8a8", "fp8_w8a8_channel", "fp8_w8a8_b128x128", "int8_w8a16")
# What SGLang finds out of the machine: an NVIDIA GPU from Hopper on, and no switch set.
_MACHINE: Namespace = {
    "_is_cuda": True, "_is_hip": False, "_is_xpu": False, "_is_musa": False, "_is_cpu": False,
    "_use_aiter": False, "_has_vllm_ops": False, "padding_size": 0,
    "is_arch_support_pdl": lambda: True, "is_sm90_supported": lambda: True,
    "is_batch_invariant_mode_enabled": lambda: False, "support_tensor_descriptor": lambda: True,
    "_SGLANG_EXPERIMENTAL_LORA_OPTI": False,
}  # fmt: skip
_SETTINGS = SimpleNamespace(moe=SimpleNamespace(enable_fused_moe_sum_all_reduce=False))
_SEQUENCE = (
    "fused_experts_impl", "_prepare_fused_moe_run", "_fused_moe_kernel_sequence",
    "moe_combine_topk", "_activation_row_filter", "_use_moe_sum_reduce_torch_compile",
    "_moe_support_tma",
)  # fmt: skip
_GEMMS = ("fused_moe_kernel", "fused_moe_kernel_gptq_awq")
_KERNELS = (
    *_GEMMS, "write_zeros_to_output", "invoke_fused_moe_kernel", "should_enable_swap_ab", "tanh",
    "_apply_activation", "act_and_mul_kernel", "act_and_mul_triton", "_moe_sum_reduce_kernel",
    "moe_sum_reduce_triton",
)  # fmt: skip
_FEW = ("SMALL_NUMEL_LIMIT", "_moe_align_small_numel_kernel", "moe_align_small_numel")
_QUANTISE = (
    "_per_token_group_quant_8bit", "_per_token_group_quant_8bit_raw",
    "create_per_token_group_quant_fp8_output_scale",
)  # fmt: skip


class SglangOp:
    """``fused_experts_impl`` of a release, for the GPU that this process sees. See ``Op``."""

    schemes: tuple[str, ...] = SCHEMES

    def __init__(self, source: Source) -> None:
        setdefault(ENVIRONMENT)
        from vllm import _custom_ops as compiled  # noqa: PLC0415 - vLLM's, in SGLang's stead

        self._entry: Entry = {}
        own = assemble(source, compiled, self._config)
        self._whole = own["fused_experts_impl"]
        self._parts = own["_prepare_fused_moe_run"], own["_fused_moe_kernel_sequence"]
        self._kernels = [own[name] for name in _GEMMS]
        self._launched = Launched(self._kernels)

    def _config(self, *_: Any, **__: Any) -> tuple[dict[str, int], tuple[None, None]]:
        """In the place of SGLang's lookup: the config in question, for both GEMMs."""
        return dict(self._entry), (None, None)

    def resources(self) -> dict[str, list[int] | None]:
        """See ``Op``."""
        return self._launched.resources()

    def layer(self, weights: Weights, form: Format) -> OpLayer:
        """See ``Op``. KeyError for a scheme that is not in SCHEMES."""
        up, down = weights.gate_up, weights.down
        scales = {"w1_scale": up.scale, "w2_scale": down.scale}
        return OpLayer(up.values, down.values, scales | flags_of(form))

    def __call__(self, x: torch.Tensor, layer: OpLayer, draw: Draw, entry: Entry) -> torch.Tensor:
        """See ``Op``."""
        self._launched.clear()
        self._entry = entry
        out: torch.Tensor = self._whole(
            x, layer.gate_up, layer.down, draw.weight, draw.expert_of, **layer.quant
        )
        return out

    def compile(self, x: torch.Tensor, layer: OpLayer, draw: Draw, entry: Entry) -> None:
        """See ``Op``. Without the whole's look at the weights, which here share their memory."""
        self._entry, (prepare, run) = entry, self._parts
        formats = {k: v for k, v in layer.quant.items() if not k.endswith("_scale")}
        with compiling(*self._kernels):
            config, down, *tma, rows, experts, count = prepare(
                x, layer.gate_up, layer.down, draw.expert_of, **formats
            )
            run(
                x, layer.gate_up, layer.down, draw.weight, draw.expert_of, rows, experts, count,
                config, down, *tma, **_UNUSED, **layer.quant,
            )  # fmt: skip


# What the whole passes on where nobody asks for it.
_UNUSED: Namespace = {
    **dict.fromkeys(("b1", "b2", "w1_zp", "w2_zp", "a1_scale", "a2_scale"), None),
    **dict.fromkeys(("routed_scaling_factor", "gemm1_alpha", "gemm1_limit"), None),
    **dict.fromkeys(("no_combine", "inplace", "apply_router_weight_on_input"), False),
    "activation": "silu", "is_gated": True, "filter_expert": True,
}  # fmt: skip


def flags_of(form: Format) -> dict[str, Any]:
    """The operator's words for a format. KeyError for one that is not in SCHEMES."""
    flags: dict[str, Any] = dict.fromkeys(
        ("use_fp8_w8a8", "use_int8_w8a8", "use_int8_w8a16", "use_int4_w4a16", "per_channel_quant"),
        False,
    )
    flags["block_shape"] = None
    match form.b, form.scaling:
        case _, Scaling.NONE:
            return flags
        case Element.FP8, Scaling.TENSOR:
            return flags | {"use_fp8_w8a8": True}
        case Element.FP8, Scaling.CHANNEL:
            return flags | {"use_fp8_w8a8": True, "per_channel_quant": True}
        case Element.FP8, Scaling.BLOCK:
            block = [form.group_n, form.group_k]
            return flags | {"use_fp8_w8a8": True, "block_shape": block}
        case Element.INT8, Scaling.CHANNEL if not form.quantised_activations:
            return flags | {"use_int8_w8a16": True}
        case _:
            raise KeyError(form.name)


def aligning_by(compiled: Any) -> Callable[..., None]:
    """SGLang's compiled alignment, by that of vLLM."""

    def aligned(
        ids: torch.Tensor, buckets: int, block: int, rows: torch.Tensor, experts: torch.Tensor,
        count: torch.Tensor, *_: Any,
    ) -> None:  # fmt: skip
        # SGLang counts a bucket more, of tokens that belong to no expert here; there are none.
        compiled.moe_align_block_size(ids, buckets - 1, block, rows, experts, count)

    return aligned


def assemble(source: Source, compiled: Any, config: Any) -> Namespace:
    """The operator's functions by name.

    ``compiled``: has ``moe_align_block_size`` and ``scaled_fp8_quant``; ``config``: in the place of
    the lookup.
    """
    given = _MACHINE | {
        "torch": torch, "triton": triton, "tl": tl, "functools": functools,
        "fp8_dtype": torch.float8_e4m3fn, "scaled_fp8_quant": compiled.scaled_fp8_quant,
    }  # fmt: skip
    quantise = cut(source.files["quantise"], _QUANTISE, given)
    groups = quantise["_per_token_group_quant_8bit_raw"]
    given["sglang_per_token_group_quant_fp8"] = groups
    kernels = cut(source.files["kernels"], _KERNELS, given)
    given |= {name: kernels[name] for name in (*_GEMMS, "invoke_fused_moe_kernel")}
    few = cut(source.files["few"], _FEW, given)
    align = {name: few[name] for name in ("SMALL_NUMEL_LIMIT", "moe_align_small_numel")}
    align["sgl_moe_align_block_size"] = aligning_by(compiled)

    def activated(
        x: torch.Tensor, out: torch.Tensor, expert_ids: torch.Tensor, expert_step: int
    ) -> None:
        kernels["act_and_mul_triton"](x, out, {}, topk_ids=expert_ids)

    names = ("moe_align_block_size", "_CUDA_SMALL_BATCH_MAX_BUCKETS")
    aligning = cut(source.files["align"], names, given | align)
    summed = kernels["moe_sum_reduce_triton"]
    given |= {
        "moe_align_block_size": aligning["moe_align_block_size"],
        "silu_and_mul": activated,
        "moe_sum_reduce": summed,
        "moe_sum_reduce_triton": summed,
        "try_get_optimal_moe_config": config,
        "get_config_dtype_str": lambda **_: None,
        "get_exec": lambda: _SETTINGS,
        "get_parallel": lambda: SimpleNamespace(tp_group=None),
        "use_symmetric_memory": lambda *_, **__: nullcontext(),
        "is_allocation_symmetric": lambda: False,
    }
    return given | cut(source.files["sequence"], _SEQUENCE, given)
