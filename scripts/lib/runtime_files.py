"""Config files as vLLM and SGLang look them up: names, folders, and bodies byte for byte.

Conventions as of vLLM 0.27 and SGLang 0.5.13. Both take the entry of the nearest batch size, so a
file holds all 18.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.config import Config
from scripts.lib.files import InputError, write_text
from scripts.lib.shape import BATCH_LADDER, Shape


@dataclass(frozen=True)
class _Words:
    """What a file's name says of the number formats; None where the runtime looks up no file."""

    dtype: str = ""
    block: tuple[int, int] | None = None
    per_channel: bool = False


_VLLM = {
    "bf16": _Words(),
    "fp16": _Words(),
    "fp8_w8a8": _Words("fp8_w8a8"),
    "fp8_w8a8_channel": _Words("fp8_w8a8"),
    "fp8_w8a8_b128x128": _Words("fp8_w8a8", (128, 128)),
    "int8_w8a16": _Words("int8_w8a16"),
    "int4_w4a16": _Words("int4_w4a16"),
    "int4_w4a16_g32": _Words("int4_w4a16"),
    "int4_w4a16_zp": _Words("int4_w4a16"),
}
_SGLANG = _VLLM | {
    "fp8_w8a8_channel": _Words("fp8_w8a8", per_channel=True),
    "int8_w8a8": _Words("int8_w8a8"),
    "int8_w8a8_b128x128": _Words("int8_w8a8", (128, 128)),
}


def vllm_path(shape: Shape, device: str) -> Path | None:
    """Where vLLM looks under $VLLM_TUNED_CONFIG_FOLDER; None for formats it has no name for."""
    words = _VLLM.get(shape.scheme)
    if words is None:
        return None
    name = re.sub(r"[\s/]+", "_", device)
    name = "NVIDIA_H200" if "H200" in name.split("_") else name
    block = f",block_shape=[{words.block[0]},{words.block[1]}]" if words.block else ""
    return Path(f"{_stem(shape, name, words.dtype)}{block}.json")


def sglang_path(shape: Shape, device: str, triton: str) -> Path | None:
    """Where SGLang looks under $SGLANG_MOE_CONFIG_DIR, with Triton of that version; or None."""
    words = _SGLANG.get(shape.scheme)
    if words is None:
        return None
    block = f",block_shape=[{words.block[0]}, {words.block[1]}]" if words.block else ""
    channel = ",per_channel_quant=True" if words.per_channel else ""
    stem = _stem(shape, device.replace(" ", "_"), words.dtype)
    folder = "triton_" + "_".join(triton.split(".")[:3])
    return Path("configs", folder, f"{stem}{block}{channel}.json")


def _stem(shape: Shape, device: str, dtype: str) -> str:
    ends = f",dtype={dtype}" if dtype else ""
    return f"E={shape.experts},N={shape.intermediate},device_name={device}{ends}"


def body(shape: Shape, configs: Mapping[int, Config], triton: str | None = None) -> str:
    """The file's text: ascending batch sizes, since the first of equally near ones is taken.

    ``triton``: written as ``triton_version``, which vLLM reads and SGLang cannot. InputError
    unless ``configs`` holds just the batch sizes of the ladder.
    """
    if sorted(configs) != sorted(BATCH_LADDER):
        absent = sorted(set(BATCH_LADDER) - set(configs))
        raise InputError(f"{shape.id}: no config for M = {', '.join(map(str, absent)) or 'extra'}")
    entries: dict[str, object] = {} if triton is None else {"triton_version": triton}
    # The runtimes' kernel for packed 4-bit weights asks for it.
    more = {"SPLIT_K": 1} if shape.scheme.startswith("int4") else {}
    for tokens in sorted(configs):
        entries[str(tokens)] = configs[tokens].to_entry() | more
    return json.dumps(entries, indent=4) + "\n"


def write_runtime_files(
    folder: Path, shape: Shape, device: str, configs: Mapping[int, Config], triton: str
) -> dict[str, Path | None]:
    """Write ``folder/vllm`` and ``folder/sglang``; the path of each, None where it has no name.

    Both texts are made before the first is written.
    """
    wanted = {
        "vllm": (vllm_path(shape, device), body(shape, configs, triton)),
        "sglang": (sglang_path(shape, device, triton), body(shape, configs)),
    }
    written: dict[str, Path | None] = {}
    for runtime, (path, text) in wanted.items():
        written[runtime] = None if path is None else folder / runtime / path
        if path is not None:
            write_text(folder / runtime / path, text)
    return written
