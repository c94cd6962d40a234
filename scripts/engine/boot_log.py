"""What a boot says of itself in its log: the config files it read, the kernels it chose."""

from __future__ import annotations

import re
from typing import Any

LOG_NAME = "engine.log"  # of a boot's folder: the supervisor sends standard error there
# As vLLM 0.24 writes them (fused_moe.py, fused_moe/oracle/, platforms/cuda.py, worker/).
_READ = re.compile(r"Using configuration from (?P<path>\S+) for MoE layer")
_DEFAULT = re.compile(r"Using default MoE config\..*?not found at (?P<paths>.+)")
_MOE = re.compile(r"Using '?(?P<name>[\w ]+?)'? (?P<format>\w+) MoE backend")
_ATTENTION = re.compile(r"Using (?P<name>\w+) attention backend")
_LOADED = re.compile(r"Model loading took (?P<gib>[\d.]+) GiB")
_CAPTURED = re.compile(r"Graph capturing finished in (?P<s>\d+) secs?, took (?P<gib>-?[\d.]+) GiB")
_COMPILED = re.compile(r"torch\.compile takes (?P<s>[\d.]+) s")


def facts_of(log: str) -> dict[str, Any]:
    """Facts of a boot's log; absent ones are None.

    ``configs``: MoE config files read; ``defaults``: files looked for and not found, so that the
    default was taken; ``moe_backend``, ``attention_backend``; ``weights_gib``, ``graphs_gib``,
    ``graphs_s``, ``compile_s``.
    """
    return {
        "configs": sorted({match["path"] for match in _READ.finditer(log)}),
        "defaults": _missing(log),
        "moe_backend": _first(_MOE, log, "name"),
        "attention_backend": _first(_ATTENTION, log, "name"),
        "weights_gib": _number(_LOADED, log, "gib"),
        "graphs_gib": _number(_CAPTURED, log, "gib"),
        "graphs_s": _number(_CAPTURED, log, "s"),
        "compile_s": _number(_COMPILED, log, "s"),
    }


def _missing(log: str) -> list[str]:
    """Paths have commas of their own, so that they are told apart by where one ends."""
    found = (match["paths"] for match in _DEFAULT.finditer(log))
    return sorted({path.strip() for paths in found for path in paths.split(", ")})


def _first(pattern: re.Pattern[str], log: str, group: str) -> str | None:
    match = pattern.search(log)
    return match[group] if match else None


def _number(pattern: re.Pattern[str], log: str, group: str) -> float | None:
    text = _first(pattern, log, group)
    return None if text is None else float(text)


def not_read(facts: dict[str, Any], folder: str | None) -> str | None:
    """Why a boot's MoE layers run other configs than ``folder`` holds; None if they run those.

    ``folder`` None asks for nothing.
    """
    if folder is None:
        return None
    configs = facts.get("configs") or []
    other = [path for path in configs if not path.startswith(f"{folder.rstrip('/')}/")]
    if facts.get("defaults"):
        return f"a file was not found: {facts['defaults'][0]}"
    if other:
        return f"another file was read: {other[0]}"
    return None if configs else "no file was read: the kernels that were chosen read none"
