"""A model's own config.json: its MoE layer and number formats, whatever names it uses for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_json
from scripts.tune.models import MoeLayer

# Names that public configs use, the first that is there counts: an expert's own size before the
# size of a dense layer.
_NAMES: dict[str, Sequence[str]] = {
    "experts": (
        "num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts",
    ),
    "hidden": ("hidden_size",),
    "intermediate": ("moe_intermediate_size", "expert_intermediate_size", "intermediate_size"),
    "top_k": ("num_experts_per_tok", "top_k_experts", "moe_topk", "moe_k", "num_experts_per_token"),
}  # fmt: skip
_SHARED = ("n_shared_experts", "num_shared_experts")


def read_model_config(path: Path, scheme: str | None = None) -> tuple[MoeLayer, str]:
    """The layer and its scheme, ``scheme`` if the user names one.

    InputError names the field that is missing or not understood.
    """
    body = read_json(path)
    if not isinstance(body, Mapping):
        raise InputError(f"{path}: is no model's config.json: not a JSON object")
    text = body.get("text_config")
    fields = {**body, **text} if isinstance(text, Mapping) else dict(body)
    sizes = {name: _size(path, fields, names) for name, names in _NAMES.items()}
    shared = next((fields[name] for name in _SHARED if isinstance(fields.get(name), int)), 0)
    name = str(body.get("_name_or_path") or path.parent.name or path.name)
    layer = MoeLayer(
        name,
        experts=sizes["experts"],
        hidden=sizes["hidden"],
        intermediate=sizes["intermediate"],
        top_k=sizes["top_k"],
        shared_experts=int(shared),
    )
    return layer, scheme or scheme_of(path, fields.get("quantization_config") or {})


def _size(path: Path, fields: Mapping[str, Any], names: Sequence[str]) -> int:
    for name in names:
        value = fields.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(f"{path}: {name} is {value!r}, not a size; correct it")
        return value
    raise InputError(
        f"{path}: has none of {', '.join(names)}: not the config.json of a mixture-of-experts"
        " model; name the layer with --shape"
    )


def scheme_of(path: Path, quantised: Mapping[str, Any]) -> str:
    """The scheme of a quantization_config; bf16 without one."""
    if not quantised:
        return "bf16"
    method = str(quantised.get("quant_method", "")).lower()
    found = None
    if method == "fp8":
        found = _fp8(quantised.get("weight_block_size"))
    elif method == "compressed-tensors":
        found = _compressed(quantised.get("config_groups"))
    elif method in ("awq", "gptq"):
        found = _grouped(method, quantised)
    elif method == "mxfp4":
        found = "mxfp4_w4a16"
    if found is None:
        raise InputError(
            f"{path}: quantization_config ({method or 'no quant_method'}) is none that is known"
            " here; name the number formats with --scheme"
        )
    return found


def _fp8(block: Any) -> str | None:
    if block is None:
        return "fp8_w8a8"
    return "fp8_w8a8_b128x128" if list(block) == [128, 128] else None


def _grouped(method: str, quantised: Mapping[str, Any]) -> str | None:
    bits, group = quantised.get("bits"), quantised.get("group_size", 128)
    if bits == 8:
        return "int8_w8a16"
    if bits != 4 or group not in (32, 128):
        return None
    if method == "awq" and quantised.get("zero_point", True):
        return "int4_w4a16_zp" if group == 128 else None
    return "int4_w4a16" if group == 128 else "int4_w4a16_g32"


def _compressed(groups: Any) -> str | None:
    """Of compressed-tensors: the first group, which holds the linear layers."""
    if not isinstance(groups, Mapping) or not groups:
        return None
    group = next(iter(groups.values()))
    weights = group.get("weights") or {}
    inputs = group.get("input_activations") or {}
    kind = (weights.get("type"), weights.get("num_bits"), weights.get("strategy"))
    by_kind: dict[tuple[Any, ...], str] = {
        ("float", 8, "tensor"): "fp8_w8a8",
        ("float", 8, "channel"): "fp8_w8a8_channel",
        ("float", 8, "block"): "fp8_w8a8_b128x128",
        ("int", 8, "channel"): "int8_w8a8" if inputs else "int8_w8a16",
    }
    if kind == ("int", 4, "group") and not inputs:
        sizes: dict[Any, str] = {32: "int4_w4a16_g32", 128: "int4_w4a16"}
        return sizes.get(weights.get("group_size"))
    return by_kind.get(kind)
