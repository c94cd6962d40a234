"""Operands of a cell with no numbers in them: enough for a launch, made in no time."""

from __future__ import annotations

import torch

from kernels.formats import SCHEMES, Element, Format, Matrix, Scaling
from scripts.lib.shape import Cell
from scripts.measure.work.operands import Weights
from scripts.measure.work.routing import Draw
from scripts.runtime.op import Op, OpLayer

_STORED = {
    Element.BF16: torch.bfloat16,
    Element.FP16: torch.float16,
    Element.FP8: torch.float8_e4m3fn,
    Element.INT8: torch.int8,
    Element.INT4: torch.uint8,
}


def operands(cell: Cell, op: Op, device: str = "cuda") -> tuple[torch.Tensor, OpLayer, Draw]:
    """Activations [tokens, K], a weight set and a routing draw, of the cell's shapes and dtypes.

    Only the draw holds numbers: token i goes to experts i, i + 1, … All experts share the memory of
    one, since nothing reads it: many processes make layers of gigabytes beside the one that
    measures. Packed weights have memory of their own: a kernel of the operator for few tokens is
    not Triton's and is launched. KeyError for a scheme that the operator does not take.
    """
    shape, form = cell.shape, SCHEMES[cell.shape.scheme]
    weights = Weights(
        _matrix(form, shape.experts, 2 * shape.intermediate, shape.hidden, device),
        _matrix(form, shape.experts, shape.hidden, shape.intermediate, device),
    )
    token = torch.arange(cell.tokens, device=device)[:, None]
    expert_of = (token + torch.arange(shape.top_k, device=device)) % shape.experts
    even = torch.full_like(expert_of, 1.0, dtype=torch.float32) / shape.top_k
    x = torch.empty(cell.tokens, shape.hidden, dtype=form.compute, device=device)
    return x, op.layer(weights, form), Draw(expert_of.int(), even)


def _matrix(form: Format, experts: int, rows: int, columns: int, device: str) -> Matrix:
    packed = 2 if form.b is Element.INT4 else 1
    held = experts if packed > 1 else 1
    values = torch.empty(held, rows, columns // packed, dtype=_STORED[form.b], device=device)
    values = values.expand(experts, -1, -1)
    sizes = {
        Scaling.TENSOR: (experts,),
        Scaling.CHANNEL: (experts, rows),
        Scaling.BLOCK: (experts, -(-rows // form.group_n), -(-columns // form.group_k)),
        Scaling.GROUP: (experts, rows, -(-columns // form.group_k)),
    }
    if form.scaling is Scaling.NONE:
        return Matrix(values)
    return Matrix(values, torch.empty(sizes[form.scaling], device=device))
