"""The small model in files that the engine loads: config.json and model.safetensors.

Recorded are the weights with their experts in MXFP4. ``written`` lays them out for the engine so
or, with the very same numbers, in bfloat16.

Source of the file format: the public description of safetensors (an 8-byte length, a header in
JSON, the tensors' bytes).
"""

from __future__ import annotations

import json
import lzma
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kernels.formats import SCHEMES, Format, Matrix
from kernels.quantise import dequantise, quantise_weights
from scripts.evidence.model.form import Form
from scripts.evidence.model.network import EPSILON, LIMIT, Network, Size
from scripts.evidence.model.questions import END_ID, PAD_ID
from scripts.evidence.model.widen import widened
from scripts.lib.files import InputError, replacing, write_json

MXFP4: Format = SCHEMES["mxfp4_w4a16"]
WEIGHTS, RECORDED = "model.safetensors", "model.safetensors.xz"
_DTYPES = {torch.bfloat16: "BF16", torch.uint8: "U8"}
_POSITIONS = 2048  # that the rotary table is made for
# Mantissa bits kept of the weights that are not experts': they compress to two thirds, and the
# share of right answers stays (asked after training).
_KEPT_BITS = 4


def config(size: Size, quantised: bool) -> dict[str, Any]:
    """config.json of the GPT-OSS architecture; YaRN by a factor of one is plain rotary."""
    found: dict[str, Any] = {
        "architectures": ["GptOssForCausalLM"],
        "model_type": "gpt_oss",
        "torch_dtype": "bfloat16",
        "vocab_size": size.vocabulary,
        "hidden_size": size.hidden,
        "intermediate_size": size.intermediate,
        "num_hidden_layers": size.layers,
        "num_local_experts": size.experts,
        "num_experts_per_tok": size.top_k,
        "num_attention_heads": size.heads,
        "num_key_value_heads": size.kv_heads,
        "head_dim": size.head_width,
        "rms_norm_eps": EPSILON,
        "swiglu_limit": LIMIT,
        "sliding_window": _POSITIONS,
        "layer_types": [("sliding", "full")[one % 2] + "_attention" for one in range(size.layers)],
        "max_position_embeddings": _POSITIONS,
        "rope_theta": size.theta,
        "rope_scaling": {
            "rope_type": "yarn", "factor": 1.0, "beta_fast": 32.0, "beta_slow": 1.0,
            "original_max_position_embeddings": _POSITIONS, "truncate": True,
        },
        "attention_bias": True,
        "attention_dropout": 0.0,
        "tie_word_embeddings": False,
        "hidden_act": "silu",
        "pad_token_id": PAD_ID,
        "eos_token_id": END_ID,
        "bos_token_id": None,
    }  # fmt: skip
    if quantised:
        found["quantization_config"] = {"quant_method": "mxfp4"}
    return found


def tensors(network: Network) -> dict[str, Tensor]:
    """The network's weights by the architecture's names, experts in MXFP4, on the CPU."""
    found: dict[str, Tensor] = {}
    state = {name: value.detach().cpu().float() for name, value in network.state_dict().items()}
    for name, value in state.items():
        whole = "lm_head.weight" if name == "lm_head.weight" else f"model.{name}"
        stem, _, last = whole.rpartition(".mlp.")
        if last in ("gate_up", "down"):
            stored = quantise_weights(value, MXFP4)
            experts, rows, columns = value.shape
            blocks = stored.values.view(experts, rows, columns // 32, 16)
            if stored.scale is None:
                raise AssertionError("MXFP4 has scales")
            found[f"{stem}.mlp.experts.{last}_proj_blocks"] = blocks
            found[f"{stem}.mlp.experts.{last}_proj_scales"] = stored.scale
        elif last in ("gate_up_bias", "down_bias"):
            found[f"{stem}.mlp.experts.{last.replace('_bias', '_proj_bias')}"] = coarse(value)
        else:
            found[whole] = coarse(value)
    return found


def coarse(x: Tensor, bits: int = _KEPT_BITS) -> Tensor:
    """bfloat16 with fewer bits of mantissa, to the nearest."""
    mantissa, exponent = torch.frexp(x)
    step = 2.0 ** (bits + 1)
    return torch.ldexp(torch.round(mantissa * step) / step, exponent).to(torch.bfloat16)


def in_bfloat16(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same numbers with the experts' weights spelt out, [experts, inputs, outputs]."""
    found = {}
    for name, value in stored.items():
        if name.endswith("_blocks"):
            scales = stored[name.replace("_blocks", "_scales")]
            experts, rows, groups, half = value.shape
            packed = Matrix(value.reshape(experts, rows, groups * half), scales)
            plain = dequantise(packed, MXFP4, "b", groups * half * 2).to(torch.bfloat16)
            # vLLM 0.24 has the experts one module further down, and renames only packed ones.
            longer = name.replace(".mlp.experts.", ".mlp.experts.routed_experts.")
            found[longer.removesuffix("_blocks")] = plain.transpose(1, 2).contiguous()
        elif name.endswith("_bias") and ".experts." in name:
            found[name.replace(".mlp.experts.", ".mlp.experts.routed_experts.")] = value
        elif not name.endswith("_scales"):
            found[name] = value
    return found


def to_bytes(stored: Mapping[str, Tensor]) -> bytes:
    """A safetensors file."""
    header: dict[str, Any] = {}
    parts, place = [], 0
    for name, value in sorted(stored.items()):
        data = value.contiguous().view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": _DTYPES[value.dtype], "shape": list(value.shape),
                        "data_offsets": [place, place + len(data)]}  # fmt: skip
        parts.append(data)
        place += len(data)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return b"".join((struct.pack("<Q", len(head)), head, *parts))


def from_bytes(data: bytes, source: Path) -> dict[str, Tensor]:
    """The tensors of such a file; InputError if it is none."""
    dtypes = {name: dtype for dtype, name in _DTYPES.items()}
    try:
        (length,) = struct.unpack_from("<Q", data)
        header = json.loads(data[8 : 8 + length])
        body = np.frombuffer(data, dtype=np.uint8, offset=8 + length).copy()
        return {
            name: torch.from_numpy(body[slice(*one["data_offsets"])])
            .view(dtypes[one["dtype"]])
            .view(one["shape"])
            for name, one in header.items()
            if name != "__metadata__"
        }
    except (struct.error, ValueError, KeyError, RuntimeError) as error:
        raise InputError(f"{source}: no safetensors file ({error}); record it again") from error


def store(network: Network, folder: Path) -> None:
    """Record a network: its config.json and its compressed weights."""
    write_json(folder / "config.json", config(network.size, quantised=True))
    data = lzma.compress(to_bytes(tensors(network)), preset=9 | lzma.PRESET_EXTREME)
    with replacing(folder / RECORDED) as temporary:
        temporary.write_bytes(data)


def written(recorded: Path, folder: Path, form: Form) -> Path:
    """Lay a recorded model out for the engine; the folder. InputError if it cannot be read."""
    source = recorded / RECORDED
    try:
        data = lzma.decompress(source.read_bytes())
        described = json.loads((recorded / "config.json").read_text(encoding="utf-8"))
    except (OSError, lzma.LZMAError, ValueError) as error:
        raise InputError(f"{source}: cannot be read ({error}); `make restore`") from error
    stored = from_bytes(data, source)
    if not form.packed:
        described.pop("quantization_config", None)
        stored = in_bfloat16(stored)
    elif form.wide:
        stored, described = widened(stored, described)
    write_json(folder / "config.json", described)
    with replacing(folder / WEIGHTS) as temporary:
        temporary.write_bytes(to_bytes(stored))
    return folder
