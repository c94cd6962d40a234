"""The config.json of a public model, fewer layers and another number format as one likes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_yaml

# What every config.json has and no kernel minds.
_COMMON: dict[str, Any] = {
    "torch_dtype": "bfloat16", "hidden_act": "silu", "initializer_range": 0.02,
    "tie_word_embeddings": False, "use_cache": True, "bos_token_id": 1, "eos_token_id": 2,
    "attention_dropout": 0.0,
}  # fmt: skip
_FP8 = {"quant_method": "fp8", "activation_scheme": "dynamic", "fmt": "e4m3"}
# quantization_config of a checkpoint in each scheme of kernels/formats.py; None: none.
QUANTIZATION: dict[str, dict[str, Any] | None] = {
    "bf16": None,
    "fp8_w8a8": _FP8,
    "fp8_w8a8_b128x128": {**_FP8, "weight_block_size": [128, 128]},
    "mxfp4_w4a16": {
        "quant_method": "mxfp4",
        "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router",
                                   "model.embed_tokens", "lm_head"],
    },
    "int4_w4a16": {
        "quant_method": "compressed-tensors", "format": "pack-quantized",
        "quantization_status": "compressed",
        "config_groups": {"group_0": {
            "targets": ["Linear"], "format": "pack-quantized",
            "weights": {"num_bits": 4, "type": "int", "symmetric": True, "strategy": "group",
                        "group_size": 128},
        }},
        "ignore": ["lm_head", "re:.*self_attn.*", "re:.*mlp[.]gate$"],
    },
}  # fmt: skip
SIZES = ("experts", "hidden", "intermediate", "top_k")


def config_of(
    model: str,
    models: Path = Path("data/models.yaml"),
    architectures: Path = Path("data/architectures.yaml"),
    **sizes: int,
) -> dict[str, Any]:
    """The config.json of a model that both files name. InputError for one that they do not.

    ``sizes``: of the MoE layer instead of the model's own (SIZES), say one rank's intermediate.
    """
    forms, facts = read_yaml(architectures), read_yaml(models)["models"]
    form = forms.get(model)
    fact: Mapping[str, Any] | None = next((one for one in facts if one["name"] == model), None)
    if form is None or fact is None:
        known = ", ".join(sorted(set(forms) & {one["name"] for one in facts}))
        raise InputError(f"{architectures}: {model}: not there; known are {known}")
    for name in sizes:
        if name not in SIZES:
            raise InputError(f"sizes: {name}: no size of an MoE layer; known are {SIZES}")
    own = {form["keys"][name]: sizes.get(name, fact[name]) for name in SIZES}
    made = {**_COMMON, **form["config"], **own}
    if made["model_type"] == "gpt_oss":
        kinds = ("sliding_attention", "full_attention")
        made["layer_types"] = [kinds[n % 2] for n in range(made["num_hidden_layers"])]
    return made


def with_layers(config: Mapping[str, Any], layers: int) -> dict[str, Any]:
    """The config with fewer layers, of which dense ones at the start are at most one."""
    made = {**config, "num_hidden_layers": layers}
    if "first_k_dense_replace" in made:
        made["first_k_dense_replace"] = min(int(made["first_k_dense_replace"]), 1)
    if "layer_types" in made:
        made["layer_types"] = list(made["layer_types"])[:layers]
    return made


def moe_layers(config: Mapping[str, Any]) -> int:
    """How many layers of a config have experts."""
    return int(config["num_hidden_layers"]) - int(config.get("first_k_dense_replace", 0))
