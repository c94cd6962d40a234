"""Layers in block formats that no runtime loads: a dimension that is not in whole scale blocks.

vLLM and SGLang refuse such a layer when the model is loaded: under tensor parallelism each rank
would need a part of a block's scale.
"""

from __future__ import annotations

from kernels.formats import SCHEMES, Scaling
from scripts.lib.files import InputError
from scripts.lib.shape import Shape

_MOST = 64  # largest degree of parallelism that is offered


def check_whole_blocks(shape: Shape, intermediate: int | None = None) -> None:
    """InputError if the runtimes refuse the layer.

    ``intermediate``: size of an expert before it was divided; then the degrees that fit are named.
    """
    form = SCHEMES[shape.scheme]
    if form.scaling is not Scaling.BLOCK:
        return
    block = max(form.group_n, form.group_k)
    for name, size in (("N", shape.intermediate), ("K", shape.hidden)):
        if size % block == 0:
            continue
        raise InputError(
            f"{shape.id}: {name} = {size} is no multiple of the scale block {block};"
            f" vLLM and SGLang refuse to load this layer{_remedy(name, intermediate, block)}"
        )


def _remedy(name: str, intermediate: int | None, block: int) -> str:
    if name != "N" or intermediate is None:
        return ""
    fits = [d for d in range(1, _MOST + 1) if intermediate % (d * block) == 0]
    if not fits:
        return "; no --tp fits, use a format without blocks, such as --scheme fp8_w8a8_channel"
    return (
        f"; use --tp {' or '.join(map(str, fits))}; a server with expert parallelism loads"
        " it whole: --ep DEGREE without --tp"
    )
