"""vLLM's fused operator under a given config: alignment, two GEMMs, activation, quantisation, sum.

vLLM is imported only when an operator is made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from kernels.formats import Element, Format, Matrix, Scaling
from scripts.measure.work.operands import Weights
from scripts.measure.work.routing import Draw
from scripts.runtime.launched import Launched, compiling

Entry = Mapping[str, int]
# What the operator takes of the schemes that graphx knows.
SCHEMES = (
    "bf16", "fp16", "fp8_w8a8", "fp8_w8a8_channel", "fp8_w8a8_b128x128", "int8_w8a16",
    "int4_w4a16", "int4_w4a16_g32",
)  # fmt: skip
# Read by vLLM as it is imported: it says nothing, asks no network, and loads no sampler.
ENVIRONMENT = {
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_USE_FLASHINFER_SAMPLER": "0",
    "HF_HUB_OFFLINE": "1",
}


@dataclass(frozen=True)
class OpLayer:
    """One weight set as the operator takes it. ``quant``: vLLM's description of its formats."""

    gate_up: torch.Tensor
    down: torch.Tensor
    quant: Any


def setdefault(environment: Mapping[str, str]) -> None:
    """Set what of it is not set yet."""
    for name, value in environment.items():
        os.environ.setdefault(name, value)


class Op(Protocol):
    """A runtime's operator. ``schemes``: what it takes of those that graphx knows."""

    schemes: tuple[str, ...]

    def layer(self, weights: Weights, form: Format) -> OpLayer:
        """The weights as the operator takes them, sharing their memory."""

    def __call__(self, x: torch.Tensor, layer: OpLayer, draw: Draw, entry: Entry) -> torch.Tensor:
        """The layer's output [tokens, K] for ``x`` [tokens, K] under the config ``entry``."""

    def compile(self, x: torch.Tensor, layer: OpLayer, draw: Draw, entry: Entry) -> None:
        """Compile what the same call would launch, and launch no GEMM."""

    def resources(self) -> dict[str, list[int] | None]:
        """Registers and spills a thread of the last call's GEMMs, gate-up and down, if known."""


def stored(weights: Weights, form: Format) -> Weights:
    """The weights with scales rounded to what the operator reads: 16 bits under int4, as they are
    kept in checkpoints; float32 else."""  # noqa: D205,D209
    if form.b is not Element.INT4:
        return weights

    def rounded(matrix: Matrix) -> Matrix:
        assert matrix.scale is not None
        return Matrix(matrix.values, matrix.scale.to(form.compute).float(), matrix.zero)

    return Weights(rounded(weights.gate_up), rounded(weights.down))


class VllmOp:
    """``fused_experts`` of the vLLM that is installed here, for the GPU that this process sees."""

    schemes: tuple[str, ...] = SCHEMES

    def __init__(self) -> None:
        setdefault(ENVIRONMENT)
        from vllm.config import VllmConfig, set_current_vllm_config  # noqa: PLC0415
        from vllm.model_executor.layers import fused_moe  # noqa: PLC0415
        from vllm.model_executor.layers.fused_moe import config  # noqa: PLC0415

        self._run: Callable[..., torch.Tensor] = fused_moe.fused_experts
        # Its GEMMs in Triton: the plain one, and that of packed weights.
        self._kernels = (
            fused_moe.fused_moe.fused_moe_kernel,
            fused_moe.fused_moe.fused_moe_kernel_gptq_awq,
        )
        self._launched = Launched(self._kernels)
        self._override, self._configs = fused_moe.override_config, config
        # For as long as the process lives: custom operators ask for it.
        self._context = ExitStack()
        self._context.enter_context(set_current_vllm_config(VllmConfig()))

    def resources(self) -> dict[str, list[int] | None]:
        """See ``Op``."""
        return self._launched.resources()

    def layer(self, weights: Weights, form: Format) -> OpLayer:
        """See ``Op``. KeyError for a scheme that is not in SCHEMES."""
        up, down = weights.gate_up, weights.down
        return OpLayer(up.values, down.values, self._quant(form, up.scale, down.scale))

    def _quant(self, form: Format, up: Any, down: Any) -> Any:
        make = self._configs
        match form.b, form.scaling:
            case _, Scaling.NONE:
                return None
            case Element.FP8, Scaling.TENSOR:
                return make.fp8_w8a8_moe_quant_config(w1_scale=up, w2_scale=down)
            case Element.FP8, Scaling.CHANNEL:
                each = {"per_act_token_quant": True, "per_out_ch_quant": True}
                return make.fp8_w8a8_moe_quant_config(w1_scale=up, w2_scale=down, **each)
            case Element.FP8, Scaling.BLOCK:
                block = [form.group_n, form.group_k]
                return make.fp8_w8a8_moe_quant_config(w1_scale=up, w2_scale=down, block_shape=block)
            case Element.INT8, Scaling.CHANNEL if not form.quantised_activations:
                return make.int8_w8a16_moe_quant_config(up, down, w1_zp=None, w2_zp=None)
            case Element.INT4, Scaling.GROUP if not form.zero_points:
                scales = [scale.to(form.compute) for scale in (up, down)]
                return make.int4_w4a16_moe_quant_config(*scales, block_shape=[0, form.group_k])
            case _:
                raise KeyError(form.name)

    def __call__(self, x: torch.Tensor, layer: OpLayer, draw: Draw, entry: Entry) -> torch.Tensor:
        """See ``Op``; a tensor of the operator's own. Raises what Triton or the driver raise."""
        self._launched.clear()
        # The launch count, which its int4 kernel will not do without; 1 everywhere else too.
        with self._override(dict(entry) | {"SPLIT_K": 1}):
            return self._run(
                x,
                layer.gate_up,
                layer.down,
                draw.weight,
                draw.expert_of,
                quant_config=layer.quant,
            )

    def compile(self, x: torch.Tensor, layer: OpLayer, draw: Draw, entry: Entry) -> None:
        """See ``Op``. Raises what Triton raises. The small kernels between the GEMMs do run."""
        with compiling(*self._kernels):
            self(x, layer, draw, entry)
