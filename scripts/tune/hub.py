"""Model ids as on the hub: ``Qwen/Qwen3-30B-A3B-FP8`` is a model's name and number formats.

The ids whose formats are known stand with their models (data/models.yaml). Of any other, the end of
the name says which formats it is stored in, where publishers agree on what that end means; where
they do not (FP8 alone is per tensor, per channel or by blocks), the user is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from scripts.lib.files import InputError

# Ends of names, the longest first, and what they stand for; None: it does not say enough.
_ENDS: dict[str, str | None] = {
    "fp8-dynamic": "fp8_w8a8_channel",
    "fp8": None,
    "gptq-int4": "int4_w4a16",
    "gptq-int8": "int8_w8a16",
    "quantized.w4a16": "int4_w4a16",
    "quantized.w8a8": "int8_w8a8",
    "quantized.w8a16": "int8_w8a16",
    "awq": "int4_w4a16_zp",
    "w4a16": "int4_w4a16",
    "w8a8": "int8_w8a8",
    "mxfp4": "mxfp4_w4a16",
}
# Formats of checkpoints that this project has no kernel for.
_FOREIGN = ("nvfp4", "fp4", "mxfp8", "gguf", "w4a8")
# Variants that their publisher stores in other formats than the model itself.
# Kimi-K2-Thinking: int4 by its model card, as the page of unsloth/Kimi-K2-Thinking-GGUF repeats it;
# groups of 32 are what a user reports of the later Kimi-K2.5 (sgl-project/sglang, issue 23264).
# Its own config.json was not read.
_STORED = {"kimi-k2-thinking": "int4_w4a16_g32"}
# What is added to a model's name without changing its layers.
_VARIANTS = re.compile(r"-(instruct|thinking|base|chat|it|preview|\d{4})$")


@dataclass(frozen=True)
class HubName:
    """``model``: what is left of an id, in lower case. ``scheme``: by its end, if that says."""

    model: str
    scheme: str | None


def plain(model_id: str) -> str:
    """Without the publisher, in lower case."""
    return model_id.strip().rsplit("/", 1)[-1].lower()


def read_id(model_id: str) -> HubName:
    """An id taken apart. InputError for an end that may mean several formats."""
    name = plain(model_id)
    scheme = _STORED.get(name)
    for end, known in _ENDS.items():
        if name.endswith(f"-{end}"):
            if known is None:
                raise InputError(
                    f"--model {model_id}: {end.upper()}: per tensor, per channel or in blocks?"
                    " Say which: --scheme fp8_w8a8, fp8_w8a8_channel or fp8_w8a8_b128x128, or give"
                    " the model's own file with --config path/to/config.json"
                )
            name, scheme = name.removesuffix(f"-{end}"), known
            break
    return HubName(name, scheme)


def refuse_foreign(model_id: str) -> None:
    """InputError for a format of which nothing can be tuned here."""
    end = next((end for end in _FOREIGN if plain(model_id).endswith(f"-{end}")), None)
    if end is not None:
        raise InputError(
            f"--model {model_id}: no Triton kernel that reads config files serves {end};"
            " there is nothing to tune"
        )


def without_end(model_id: str) -> str:
    """The name with what tells its formats cut off, whether or not it says enough."""
    name = plain(model_id)
    end = next((end for end in _ENDS if name.endswith(f"-{end}")), None)
    return name if end is None else name.removesuffix(f"-{end}")


def nearest_known(name: str, known: Iterable[str]) -> str | None:
    """Of the names ``known`` (any case) the one that ``name`` is, variants left out; or None."""
    by_name = {one.lower(): one for one in known}
    while name not in by_name:
        shorter = _VARIANTS.sub("", name)
        if shorter == name:
            return None
        name = shorter
    return by_name[name]
