"""What the user asked for: a layer on a GPU, and how much may be spent on it."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.formats import SCHEMES
from scripts.lib.device import Device, find_device
from scripts.lib.files import InputError
from scripts.lib.names import unknown_name
from scripts.lib.shape import BATCH_LADDER, Cell, Shape, parse_shape
from scripts.tune.models import find_model


@dataclass(frozen=True)
class Wanted:
    """A layer to be tuned. ``model``: the name it was asked for by, if it was by name."""

    shape: Shape
    device: str
    model: str | None = None
    tensor_parallel: int | None = None

    @property
    def cells(self) -> list[Cell]:
        """One for each batch size of the ladder."""
        return [Cell(self.device, self.shape, tokens) for tokens in BATCH_LADDER]


def resolve(
    device: str, model: str | None, tensor_parallel: int, scheme: str, shape: str | None
) -> Wanted:
    """The layer that the command line names, by model or by shape.

    InputError for unknown names (with the nearest), or for neither or both of model and shape.
    """
    if not device.strip():
        raise InputError("name the GPU: --device NAME (DEVICE=NAME with make), such as NVIDIA_H200")
    target = find_device(device).name
    if (model is None) == (shape is None):
        raise InputError(
            "name the layer, one way: --model NAME --tp DEGREE, or --shape ID"
            " (MODEL=NAME TP=DEGREE, or SHAPE=ID, with make)"
        )
    if shape is not None:
        return Wanted(_known(read_shape(shape)), target)
    assert model is not None
    layer = find_model(model)
    wanted = layer.shape(tensor_parallel, _scheme(scheme))
    return Wanted(wanted, target, layer.name, tensor_parallel)


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
