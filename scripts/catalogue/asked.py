"""The layer that each runtime looks up for a model: not always the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scripts.lib.files import InputError
from scripts.lib.runtimes.files import need_read
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.tune.layer import Asked, Wanted, resolve
from scripts.tune.models import find_model


@dataclass(frozen=True)
class Layer:
    """``wanted`` for ``runtimes``; ``why`` it is another than the model's own, if it is."""

    wanted: Wanted
    runtimes: tuple[str, ...]
    why: str = ""


def layers(asked: Asked, runtimes: Sequence[str]) -> list[Layer]:
    """What is asked for, once for each layer that some runtime looks up.

    A runtime that treats a model's shared experts as routed ones looks up a layer with more of
    both. InputError as of ``resolve``, and if no runtime reads a file for the number formats.
    """
    wanted = resolve(asked)
    need_read(wanted.shape.scheme, wanted.model or wanted.shape.id)
    reading = [name for name in runtimes if not RUNTIMES[name].unread(wanted.shape.scheme)]
    if not reading:
        reasons = "; ".join(str(RUNTIMES[name].unread(wanted.shape.scheme)) for name in runtimes)
        raise InputError(f"{wanted.shape.id}: {reasons}; choose another --runtime")
    fusing = [name for name in reading if _fuses(asked, name)]
    plain = tuple(name for name in reading if name not in fusing)
    found = [Layer(wanted, plain)] if plain else []
    if fusing:
        fused = resolve(replace(asked, fuse_shared=True))
        why = f"{' and '.join(fusing)} treats the shared experts of {wanted.model} as routed ones"
        found.append(Layer(fused, tuple(fusing), why))
    return found


def _fuses(asked: Asked, runtime: str) -> bool:
    if asked.model is None or asked.fuse_shared or asked.expert_parallel > 1:
        return False
    layer, _ = find_model(asked.model, asked.scheme)
    return RUNTIMES[runtime].shared_experts(layer.name, layer.experts) > 0
