"""Quantise weights and activations, and read back what stored bytes mean: the exact definitions.

Every scale covers a tile of a matrix, and the schemes differ in the tile (``_tile``) and in how a
number within it is stored (``_encode``). Ties go to the even code. What a scale cannot be made
from is refused: only numbers that are finite in float32 are quantised. Arithmetic is float32, or
float64 where the input is, so that float64 values read back give the same bytes again.
"""

from __future__ import annotations

from typing import Literal

import torch

from kernels.formats import MX_GROUP, Element, Format, Matrix, Scaling

Side = Literal["a", "b"]  # activations or weights

FP8_LARGEST = {torch.float8_e4m3fn: 448.0, torch.float8_e4m3fnuz: 240.0}
INT8_LARGEST = 127.0  # -128 stays unused, so that every number has its negative
INT4_MIDDLE = 8  # the nibble of zero, where a format has no zero points
# The magnitudes of e2m1 by code, the three bits below the sign (OCP MX 1.0).
E2M1 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
E2M1_LARGEST_EXPONENT = 2  # 6 = 1.5 * 2 ** 2
E8M0_BIAS = 127
E8M0_NAN = 255
# A tile of zeros, or of numbers too small to have a normal float32 as their scale, takes this one:
# no division by zero, and nothing that depends on how a device treats subnormal numbers.
SMALLEST_SCALE = torch.finfo(torch.float32).tiny

_WIDE = {Element.BF16: torch.bfloat16, Element.FP16: torch.float16}
_PACKED = (Element.INT4, Element.MXFP4)


def quantise_weights(w: torch.Tensor, form: Format, fnuz: bool = False) -> Matrix:
    """Store weights [experts, N, K] (any float dtype) in ``form``; one expert at a time.

    ``fnuz``: FP8 as gfx942 has it. Raises ValueError for another rank or dtype, no numbers, an odd
    K in a format that packs two to a byte, or a number that is not finite in float32.
    """
    check_operand(w, form.b, ("experts", "N", "K"))
    if form.scaling is Scaling.NONE:
        return Matrix(w.to(_WIDE[form.b]).contiguous())
    parts = []
    for expert in range(w.shape[0]):
        _check_finite(w[expert], f"weights of expert {expert}")
        parts.append(quantise_matrix(w[expert], form, "b", fnuz))
    join = torch.cat if form.scaling is Scaling.TENSOR else torch.stack
    scales = [part.scale for part in parts if part.scale is not None]
    zeros = [part.zero for part in parts if part.zero is not None]
    return Matrix(
        torch.stack([part.values for part in parts]),
        join(scales),
        torch.stack(zeros) if zeros else None,
    )


def quantise_activations(x: torch.Tensor, form: Format, fnuz: bool = False) -> Matrix:
    """Store activations [rows, K] (any float dtype) in ``form``, scales from the numbers at hand.

    Formats with 16-bit activations take them as they are, in the format's dtype. ``fnuz`` and
    errors as in ``quantise_weights``.
    """
    check_operand(x, form.a, ("rows", "K"))
    if form.quantised_activations:
        _check_finite(x, "activations")
    return quantise_matrix(x, form, "a", fnuz)


def quantise_matrix(x: torch.Tensor, form: Format, side: Side, fnuz: bool = False) -> Matrix:
    """Store one matrix [rows, K] of activations, or [N, K] of one expert's weights.

    Unchecked, and never waits for the device (so that a CUDA graph can hold it): numbers that are
    not finite give undefined bytes.
    """
    element = _element(form, side)
    if element in _WIDE:
        return Matrix(x.to(_WIDE[element]).contiguous())
    rows, columns = x.shape
    tile = _tile(form, side, rows, columns)
    tiles = _as_tiles(x if x.dtype == torch.float64 else x.float(), tile)
    codes, scale, zero = _encode(tiles, element, form.zero_points, fnuz)
    values = codes.flatten(2, 3).flatten(0, 1)[:rows, :columns].contiguous()
    if element in _PACKED:
        values = pack_nibbles(values)
    per_tile = (scale.shape[0], scale.shape[2])
    one_per_row = form.scaling in (Scaling.TENSOR, Scaling.CHANNEL)
    return Matrix(
        values,
        scale.reshape(per_tile[:1] if one_per_row else per_tile),
        None if zero is None else zero.reshape(per_tile),
    )


def dequantise(m: Matrix, form: Format, side: Side, columns: int) -> torch.Tensor:
    """The numbers that stored bytes mean, exactly, as float64 [..., rows or N, K].

    ``columns``: K. Raises ValueError if the matrix stores another number of columns.
    """
    element = _element(form, side)
    numbers = _decode(m.values, element)
    if numbers.shape[-1] != columns:
        raise ValueError(f"matrix stores {numbers.shape[-1]} columns of {element}, not {columns}")
    if m.scale is None:
        return numbers
    tile = _tile(form, side, *numbers.shape[-2:])
    if m.zero is not None:
        numbers -= _spread(m.zero.double(), tile, numbers.shape)
    elif element is Element.INT4:
        numbers -= INT4_MIDDLE
    scale = _e8m0(m.scale) if form.scaling is Scaling.MICRO else m.scale.double()
    return numbers * _spread(scale, tile, numbers.shape)


def pack_nibbles(codes: torch.Tensor) -> torch.Tensor:
    """uint8 [..., K] of codes below 16, K even -> uint8 [..., K / 2], even k in the low nibble."""
    return codes[..., 0::2] | (codes[..., 1::2] << 4)


def unpack_nibbles(packed: torch.Tensor) -> torch.Tensor:
    """uint8 [..., K / 2] -> uint8 [..., K] of codes below 16."""
    return torch.stack((packed & 15, packed >> 4), -1).flatten(-2)


def check_operand(x: torch.Tensor, element: Element, axes: tuple[str, ...]) -> None:
    """Raise ValueError unless ``x`` has these axes, is float, not empty, and packs evenly."""
    shape = tuple(x.shape)
    if len(shape) != len(axes):
        raise ValueError(f"expected [{', '.join(axes)}], got shape {shape}")
    if not x.dtype.is_floating_point:
        raise ValueError(f"only floating-point numbers are quantised, got {x.dtype}")
    if 0 in shape:
        raise ValueError(f"{axes[shape.index(0)]} is 0: there is nothing to quantise")
    if element in _PACKED and shape[-1] % 2:
        raise ValueError(
            f"K = {shape[-1]} is odd, and {element} packs two numbers to a byte: use an even K"
        )


def _check_finite(x: torch.Tensor, what: str) -> None:
    if not x.float().isfinite().all():
        raise ValueError(f"{what} hold NaN, infinity or numbers beyond float32")


def _element(form: Format, side: Side) -> Element:
    return form.a if side == "a" else form.b


def _tile(form: Format, side: Side, rows: int, columns: int) -> tuple[int, int]:
    """Rows and columns under one scale; the last of each may be fewer."""
    match form.scaling:
        case Scaling.TENSOR:
            return rows, columns
        case Scaling.CHANNEL:
            return 1, columns
        case Scaling.MICRO:
            return 1, MX_GROUP
        case _:
            return (1 if side == "a" else form.group_n), form.group_k


def _as_tiles(x: torch.Tensor, tile: tuple[int, int]) -> torch.Tensor:
    """[rows, K] -> [tiles down, tile rows, tiles along, tile columns], short tiles filled with 0.

    A zero moves no tile's scale: every scheme covers a range that holds zero.
    """
    rows, columns = x.shape
    padded = torch.nn.functional.pad(x, (0, -columns % tile[1], 0, -rows % tile[0]))
    down, along = padded.shape[0] // tile[0], padded.shape[1] // tile[1]
    return padded.reshape(down, tile[0], along, tile[1])


def _spread(scale: torch.Tensor, tile: tuple[int, int], shape: torch.Size) -> torch.Tensor:
    """One number a tile -> one for each element of ``shape`` [..., rows, columns]."""
    rows, columns = shape[-2:]
    tiles = scale.reshape(*shape[:-2], -(-rows // tile[0]), -(-columns // tile[1]))
    down = tiles.repeat_interleave(tile[0], -2)[..., :rows, :]
    return down.repeat_interleave(tile[1], -1)[..., :columns]


def _range(tiles: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Least and largest number of every tile, [tiles down, 1, tiles along, 1]."""
    return tiles.amin((1, 3), keepdim=True), tiles.amax((1, 3), keepdim=True)


def _magnitude(tiles: torch.Tensor) -> torch.Tensor:
    low, high = _range(tiles)
    return torch.maximum(-low, high)


def _over(x: torch.Tensor, divisor: float) -> torch.Tensor:
    """Quotient, rounded once: CUDA would multiply by the reciprocal of a Python number."""
    return x / x.new_full((), divisor)


def _as_scale(scale: torch.Tensor) -> torch.Tensor:
    """Round to float32.

    That may put a tile's largest number past the format's, yet by far less than half a step.
    """
    return scale.float().clamp_min(SMALLEST_SCALE)


Encoded = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]


def _encode(tiles: torch.Tensor, element: Element, zero_points: bool, fnuz: bool) -> Encoded:
    """Codes shaped like the tiles; a scale, and where there are zero points a zero, for each."""
    match element:
        case Element.FP8:
            return _encode_fp8(tiles, torch.float8_e4m3fnuz if fnuz else torch.float8_e4m3fn)
        case Element.INT8:
            return _encode_int8(tiles)
        case Element.INT4:
            return _encode_int4_zero(tiles) if zero_points else _encode_int4(tiles)
        case _:
            return _encode_mxfp4(tiles)


def _encode_fp8(tiles: torch.Tensor, dtype: torch.dtype) -> Encoded:
    """The largest magnitude of a tile becomes the largest of the format."""
    scale = _as_scale(_over(_magnitude(tiles), FP8_LARGEST[dtype]))
    return (tiles / scale).to(dtype), scale, None


def _encode_int8(tiles: torch.Tensor) -> Encoded:
    """The largest magnitude of a tile becomes 127."""
    scale = _as_scale(_over(_magnitude(tiles), INT8_LARGEST))
    return (tiles / scale).round().to(torch.int8), scale, None


def _encode_int4(tiles: torch.Tensor) -> Encoded:
    """The least scale under which steps -8 to 7 hold the whole tile."""
    low, high = _range(tiles)
    scale = _as_scale(torch.maximum(_over(high, 7.0), _over(-low, 8.0)))
    return ((tiles / scale).round() + INT4_MIDDLE).to(torch.uint8), scale, None


def _encode_int4_zero(tiles: torch.Tensor) -> Encoded:
    """15 steps span the tile and zero.

    The zero point is whole, so one end of the tile may lie up to half a step beyond the last step.
    """
    low, high = _range(tiles)
    low, high = low.clamp_max(0.0), high.clamp_min(0.0)
    scale = _as_scale(_over(high, 15.0) - _over(low, 15.0))  # high - low may be beyond float32
    zero = (-low / scale).round()
    codes = ((tiles / scale).round() + zero).clamp(0, 15)
    return codes.to(torch.uint8), scale, zero.to(torch.uint8)


def _encode_mxfp4(tiles: torch.Tensor) -> Encoded:
    """OCP MX 1.0: the scale is the largest power of two in the tile over e2m1's, 4.

    Numbers beyond 6 scales saturate. Zeros take the least scale, 2 ** -127: the rule's limit for
    small numbers, so that a tile whose numbers all round to zero reads back to the same bytes.
    """
    magnitude = _magnitude(tiles)
    # frexp's mantissa is in [0.5, 1): its exponent is one above floor(log2).
    exponent = torch.frexp(magnitude).exponent - 1 - E2M1_LARGEST_EXPONENT
    exponent = exponent.clamp_min(-E8M0_BIAS).where(magnitude > 0, -E8M0_BIAS)
    # From the bits, since a library's exp2 need not be exact. -exponent is in [-125, 127].
    inverse = ((E8M0_BIAS - exponent) << 23).view(torch.float32)
    steps = tiles.abs() * inverse
    # In each piece one code is one step, so that ties between codes are ties between integers.
    below_2 = (steps * 2.0).round()
    below_4 = steps.round() + 2.0
    above = ((steps * 0.5).round() + 4.0).clamp_max(7.0)
    codes = below_2.where(steps < 2.0, below_4.where(steps < 4.0, above))
    sign = tiles.signbit().to(torch.uint8) << 3
    return codes.to(torch.uint8) | sign, (exponent + E8M0_BIAS).to(torch.uint8), None


def _decode(values: torch.Tensor, element: Element) -> torch.Tensor:
    """Stored elements, unscaled, as float64."""
    match element:
        case Element.INT4:
            return unpack_nibbles(values).double()
        case Element.MXFP4:
            magnitudes = torch.tensor(E2M1, dtype=torch.float64, device=values.device)
            return torch.cat((magnitudes, -magnitudes))[unpack_nibbles(values).long()]
        case _:
            return values.double()


def _e8m0(scale: torch.Tensor) -> torch.Tensor:
    """uint8 -> float64 2 ** (byte - 127), NaN for 255."""
    power = ((scale.long() + (1023 - E8M0_BIAS)) << 52).view(torch.float64)
    return power.masked_fill(scale == E8M0_NAN, torch.nan)
