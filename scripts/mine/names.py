"""Names in a runtime's folder of config files: taken apart, or why they are none of its own."""

from __future__ import annotations

import re

from scripts.lib.runtimes.file_name import FileName, foreign_suffix, parse_name
from scripts.lib.runtimes.rules import Rules
from scripts.lib.runtimes.runtime import SGLANG, VLLM

# Digits only: SGLang's loader makes integers of the parts.
_TRITON_FOLDER = re.compile(r"triton_(\d+(?:_\d+)+)/")


def vllm_name(path: str) -> FileName | None:
    """The name of one of vLLM's config files, which lie in its folder itself; else None."""
    return _own(path, VLLM.rules)


def sglang_name(path: str) -> tuple[FileName, str | None] | None:
    """The name of one of SGLang's config files and the Triton version of its folder; else None.

    Releases to 0.4.6 had no folders per version.
    """
    folder = _TRITON_FOLDER.match(path)
    name = _own(path.removeprefix(folder[0]) if folder else path, SGLANG.rules)
    if name is None:
        return None
    return name, folder[1].replace("_", ".") if folder else None


def oddity(path: str) -> str:
    """What to say of a name that is none."""
    suffix = foreign_suffix(path)
    form = "the name is not of the form E=…,N=…,device_name=….json"
    return f"{form}; {suffix} is another loader's suffix" if suffix else form


def _own(path: str, rules: Rules) -> FileName | None:
    """None for names of another loader, too: no part of theirs may pass for a GPU's or format's."""
    name = parse_name(path)
    if name is None or (name.block_shape and name.gap != rules.block_gap):
        return None
    foreign = (
        (name.per_channel and not rules.per_channel_names)
        or (name.down and not rules.down_names)
        or (name.backend and not rules.other_names)
    )
    return None if foreign else name
