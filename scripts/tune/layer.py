"""What the user asked for: a layer on a GPU, and how much may be spent on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kernels.formats import SCHEMES
from scripts.lib.device import Device, find_device
from scripts.lib.files import InputError
from scripts.lib.names import unknown_name
from scripts.lib.runtimes import files
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.lib.shape import BATCH_LADDER, Cell, Shape, parse_shape
from scripts.tune.model_config import read_model_config
from scripts.tune.models import MoeLayer, find_model
from scripts.tune.whole_blocks import check_whole_blocks

MOST_TOKENS = 1 << 20  # the kernels' indices are of 32 bits, and the longest prompts are below it


@dataclass(frozen=True)
class Wanted:
    """A layer to be tuned. ``model``: the name it was asked for by, if it was by name.

    ``batches``: the batch sizes, in tokens. ``notes``: what the user should know before any work.
    """

    shape: Shape
    device: str
    model: str | None = None
    tensor_parallel: int | None = None
    expert_parallel: int = 1
    batches: tuple[int, ...] = BATCH_LADDER
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> list[Cell]:
        """One for each batch size."""
        return [Cell(self.device, self.shape, tokens) for tokens in self.batches]


@dataclass(frozen=True)
class Asked:
    """The layer as the command line names it: ``model``, ``config`` or ``shape``, one of them."""

    device: str
    model: str | None = None
    config: Path | None = None
    shape: str | None = None
    tensor_parallel: int = 1
    expert_parallel: int = 1
    scheme: str | None = None
    fuse_shared: bool = False
    batches: tuple[int, ...] = ()


def resolve(asked: Asked) -> Wanted:
    """The layer of one rank.

    InputError for unknown names (with the nearest), for none or several ways to name the layer,
    for degrees that do not fit, and for layers that no runtime loads.
    """
    if not asked.device.strip():
        raise InputError("name the GPU: --device NAME (DEVICE=NAME with make), such as NVIDIA_H200")
    target = find_device(asked.device).name
    if sum(way is not None for way in (asked.model, asked.config, asked.shape)) != 1:
        raise InputError(
            "name the layer, one way: --model NAME --tp DEGREE, --config FILE --tp DEGREE, or"
            " --shape ID (MODEL=NAME TP=DEGREE, or SHAPE=ID, with make)"
        )
    batches = check_batches(asked.batches)
    if asked.shape is not None:
        return Wanted(_of_shape(asked), target, batches=batches)
    layer, implied = _layer(asked)
    scheme = _scheme(asked.scheme or implied or "bf16")
    notes = _notes(layer, asked)
    if asked.fuse_shared:
        layer = layer.with_shared_fused()
    shape = layer.shape(asked.tensor_parallel, scheme, asked.expert_parallel)
    check_whole_blocks(shape, layer.intermediate)
    degrees = (asked.tensor_parallel, asked.expert_parallel)
    return Wanted(shape, target, layer.name, *degrees, batches, notes)


def _of_shape(asked: Asked) -> Shape:
    shape = _known(read_shape(asked.shape or ""))
    divided = asked.tensor_parallel != 1 or asked.expert_parallel != 1
    if divided or asked.scheme is not None or asked.fuse_shared:
        raise InputError(
            f"--shape {shape.id}: is the layer of one rank, in its number formats; leave out --tp,"
            " --ep, --scheme and --fuse-shared"
        )
    check_whole_blocks(shape)
    return shape


def _layer(asked: Asked) -> tuple[MoeLayer, str | None]:
    if asked.config is not None:
        return read_model_config(asked.config, asked.scheme)
    return find_model(asked.model or "", asked.scheme)


def _notes(layer: MoeLayer, asked: Asked) -> tuple[str, ...]:
    """That a runtime looks up another layer than this: with other degrees, or with its shared
    experts among the routed ones."""  # noqa: D205,D209
    return (*both_degrees(asked.tensor_parallel, asked.expert_parallel), *_shared(layer, asked))


def both_degrees(tensor: int, expert: int) -> tuple[str, ...]:
    """What a server has to be started with to look up a layer that is divided both ways.

    Under expert parallelism vLLM divides no expert, and SGLang's own --tp counts all ranks.
    """
    if tensor == 1 or expert == 1:
        return ()
    return (
        f"--tp {tensor} --ep {expert} is the layer of {tensor * expert} GPUs, SGLang's --tp"
        f" {tensor * expert} --ep {expert}; vLLM has none like it. For {expert} GPUs with"
        f" vLLM's --enable-expert-parallel, or SGLang's --tp {expert} --ep {expert}, say"
        f" --ep {expert} alone",
    )


def _shared(layer: MoeLayer, asked: Asked) -> tuple[str, ...]:
    if not layer.shared_experts or asked.fuse_shared or asked.expert_parallel > 1:
        return ()
    who = [
        f"{name} fuses shared experts and"
        for name, runtime in RUNTIMES.items()
        if runtime.shared_experts(layer.name, layer.experts)
    ]
    if asked.config is not None:  # of a model whose name says nothing
        who = ["a runtime that fuses shared experts"]
    fused = layer.with_shared_fused()
    return tuple(
        f"{one} looks up E={fused.experts} with top {fused.top_k}: tune that layer with"
        " --fuse-shared"
        for one in who
    )


def unread(shape: Shape) -> tuple[str, ...]:
    """A line if no runtime looks up a config file for the number formats."""
    reason = files.unread(shape.scheme)
    return () if reason is None else (f"{reason}. What is found stays in tuned.json, no more",)


def check_batches(own: Sequence[int]) -> tuple[int, ...]:
    """The ladder that every file needs, with the user's own batch sizes, ascending."""
    for tokens in own:
        if tokens < 1:
            raise InputError(f"--batches {tokens}: a batch has at least one token")
        if tokens > MOST_TOKENS:
            raise InputError(f"--batches {tokens}: a batch has {MOST_TOKENS:,} tokens at most")
    return tuple(sorted({*BATCH_LADDER, *own}))


def read_shape(text: str) -> Shape:
    """A shape from its id; InputError says what one looks like."""
    try:
        return parse_shape(text)
    except ValueError as error:
        raise InputError(f"--shape: {error}") from error


def _known(shape: Shape) -> Shape:
    _scheme(shape.scheme)
    if not min(shape.experts, shape.intermediate, shape.hidden):
        raise InputError(f"--shape {shape.id}: E, N and K must each be 1 or more")
    if not 1 <= shape.top_k <= shape.experts:
        raise InputError(f"--shape {shape.id}: top_k is {shape.top_k}; choose 1 to {shape.experts}")
    return shape


def _scheme(name: str) -> str:
    if name not in SCHEMES:
        raise unknown_name("number format", name, SCHEMES)
    return name


def check_budget(budget: int, configs: int, device: Device, scheme: str) -> None:
    """InputError unless there are configs, and a budget that is neither 0 nor beyond them."""
    if configs == 0:
        raise InputError(f"{device.name}, {scheme}: the legal space is empty; nothing can be tuned")
    if budget < 1:
        raise InputError(f"--budget {budget}: a batch size needs at least one trial")
    if budget > configs:
        raise InputError(
            f"--budget {budget}: {device.name} has {configs} legal configs in {scheme}; "
            f"choose 1 to {configs}"
        )
