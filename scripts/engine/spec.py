"""What is booted: a model by its config.json, and every switch of the engine that is set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from scripts.engine.architecture import with_layers
from scripts.lib.files import InputError, read_json, write_json

ROUTINGS = {"gate": "", "uniform": "uniform_random"}  # what vLLM calls them
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_POSITIVE = ("max_model_len", "max_batched_tokens", "max_seqs", "kv_cache_bytes")


@dataclass(frozen=True)
class EngineSpec:
    """One boot of vLLM's engine on one GPU.

    ``model``: the config.json, as the model hub has it; ``layers`` overrides its count of them.
    ``quantization``: its quantization_config. ``weights``: folder with config.json and weights in
    the place of ``model``; None: random ones. ``tokenizer``: whether that folder has one that is
    wanted. ``kv_cache_bytes``: of the key-value cache. ``graph_sizes``: batch sizes captured in
    CUDA graphs; empty: the engine's own. ``config_folder``: folder of MoE configs, looked into
    before the engine's own. ``routing``: by the model's gate, or uniform at random.
    ``environment``: further variables. ``arguments``: further arguments of the engine.
    """

    name: str
    model: Mapping[str, Any] | None = None
    layers: int | None = None
    quantization: Mapping[str, Any] | None = None
    weights: str | None = None
    tokenizer: bool = False
    max_model_len: int = 2048
    max_batched_tokens: int = 8192
    max_seqs: int = 256
    kv_cache_bytes: int = 2 << 30
    graph_sizes: tuple[int, ...] = ()
    eager: bool = False
    moe_backend: str = "auto"
    attention_backend: str | None = None
    speculative: Mapping[str, Any] | None = None
    expert_parallel: bool = False
    config_folder: str | None = None
    routing: str = "gate"
    seed: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As it stands in JSON."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}

    def config(self) -> dict[str, Any]:
        """The config.json of a model with random weights."""
        made = dict(self.model or {})
        if self.layers is not None:
            made = with_layers(made, self.layers)
        if self.quantization is not None:
            made["quantization_config"] = dict(self.quantization)
        return made


def spec_of(value: object, where: str = "spec") -> EngineSpec:
    """An EngineSpec from JSON. InputError naming ``where``, the field and the fix."""
    if not isinstance(value, dict):
        raise InputError(f"{where}: not an object; write the fields of an engine's spec")
    known = {item.name for item in fields(EngineSpec)}
    for key in value:
        if key not in known:
            raise InputError(f"{where}: {key}: no such field; known are {', '.join(sorted(known))}")
    if "name" not in value:
        raise InputError(f"{where}: name: is missing; give the engine a name")
    made = {**value, "graph_sizes": tuple(value.get("graph_sizes") or ())}
    spec = EngineSpec(**made)
    _check(spec, where)
    return spec


def _check(spec: EngineSpec, where: str) -> None:
    def refuse(name: str, fix: str) -> None:
        raise InputError(f"{where}: {name}: {getattr(spec, name)!r}; {fix}")

    if not isinstance(spec.name, str) or not NAME.fullmatch(spec.name):
        refuse("name", "letters, digits, dot, dash and _, it names files")
    if (spec.model is None) == (spec.weights is None):
        raise InputError(f"{where}: model, weights: give one of them and not both")
    if spec.model is not None and "architectures" not in spec.model:
        raise InputError(f"{where}: model: no architectures; give a whole config.json")
    if spec.weights is not None and not (Path(spec.weights) / "config.json").is_file():
        refuse("weights", "a folder with config.json and the weights beside it")
    for name in _POSITIVE:
        number = getattr(spec, name)
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            refuse(name, "a whole number from 1")
    if spec.layers is not None and (not isinstance(spec.layers, int) or spec.layers < 1):
        refuse("layers", "a whole number from 1, or left out")
    if any(not isinstance(size, int) or size < 1 for size in spec.graph_sizes):
        refuse("graph_sizes", "whole numbers from 1")
    if spec.routing not in ROUTINGS:
        refuse("routing", f"one of {', '.join(ROUTINGS)}")
    if spec.config_folder is not None and not Path(spec.config_folder).is_dir():
        refuse("config_folder", "a folder that is there; None for the engine's own files")
    for key, text in spec.environment.items():
        if not isinstance(text, str):
            raise InputError(f"{where}: environment: {key}={text!r}; write its value as text")


def read_spec(path: Path) -> EngineSpec:
    """The spec in a file of JSON."""
    return spec_of(read_json(path), str(path))


def write_spec(path: Path, spec: EngineSpec) -> None:
    """The spec as a file of JSON."""
    write_json(path, spec.to_dict())


def environment_of(spec: EngineSpec, folder: Path, base: Mapping[str, str]) -> dict[str, str]:
    """The variables that the engine's process is given. ``folder``: of this boot, for its caches.

    The engine and its process are one: VLLM_ENABLE_V1_MULTIPROCESSING=0. What stands in ``base``
    of the two that decide which kernels are measured is taken out.
    """
    ours = {
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_USE_FLASHINFER_SAMPLER": "0",
        "VLLM_LOGGING_LEVEL": "INFO",
        "VLLM_LOGGING_COLOR": "0",
        "HF_HUB_OFFLINE": "1",
        "VLLM_CACHE_ROOT": str(folder / "cache"),
    }
    decide = {
        "VLLM_TUNED_CONFIG_FOLDER": spec.config_folder or "",
        "VLLM_MOE_ROUTING_SIMULATION_STRATEGY": ROUTINGS[spec.routing],
    }
    kept = {key: text for key, text in base.items() if key not in decide}
    return {**kept, **ours, **{k: v for k, v in decide.items() if v}, **spec.environment}
