"""What stored bytes mean by the published formats, and that every code comes back."""

import math

import pytest
import torch

from kernels.formats import SCHEMES, Format, Matrix
from kernels.quantise import (
    FP8_LARGEST,
    SMALLEST_SCALE,
    dequantise,
    pack_nibbles,
    quantise_activations,
    quantise_weights,
    unpack_nibbles,
)
from tests.kernels.stored import same

FP8 = [torch.float8_e4m3fn, torch.float8_e4m3fnuz]
BYTES = torch.arange(256, dtype=torch.uint8)
# Positive normal float32 of all sizes; 2.0 and its neighbours are where a quotient rounds badly.
SCALES = torch.tensor([SMALLEST_SCALE, 1e-30, 1 / 3, 1.9999999, 2.0, 2.0000002, 7.7e10, 1e35])


def floating(code: int, exponent_bits: int, mantissa_bits: int, bias: int) -> float:
    """A number of a small IEEE-like format from its bits, special codes aside."""
    mantissa = (code & (2**mantissa_bits - 1)) / 2**mantissa_bits
    exponent = (code >> mantissa_bits) & (2**exponent_bits - 1)
    sign = -1.0 if code >> (mantissa_bits + exponent_bits) else 1.0
    if exponent == 0:
        return sign * mantissa * 2.0 ** (1 - bias)
    return sign * (1 + mantissa) * 2.0 ** (exponent - bias)


def test_e2m1_codes_mean_what_the_specification_says():
    codes = torch.arange(16, dtype=torch.uint8)
    stored = Matrix(pack_nibbles(codes)[None], torch.full((1, 1), 127, dtype=torch.uint8))
    numbers = dequantise(stored, SCHEMES["mxfp4_w4a4"], "a", 16)[0]
    table = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]
    assert numbers.tolist() == [*table, *(-number for number in table)]
    assert numbers.tolist() == [floating(code, 2, 1, 1) for code in range(16)]
    assert numbers.signbit().tolist() == [code >= 8 for code in range(16)]


def test_e8m0_scales_are_powers_of_two_and_one_nan():
    one = torch.full((256, 16), 0x22, dtype=torch.uint8)
    numbers = dequantise(Matrix(one, BYTES[:, None]), SCHEMES["mxfp4_w4a4"], "a", 32)
    assert numbers[:255, 0].tolist() == [2.0 ** (byte - 127) for byte in range(255)]
    assert numbers[255].isnan().all()


@pytest.mark.parametrize(
    ("dtype", "bias", "nan", "largest"),
    [(FP8[0], 7, {0x7F, 0xFF}, 448.0), (FP8[1], 8, {0x80}, 240.0)],
)
def test_fp8_codes_mean_what_the_specification_says(dtype, bias, nan, largest):
    stored = Matrix(BYTES.view(dtype)[None], torch.ones(1))
    numbers = dequantise(stored, SCHEMES["fp8_w8a8_channel"], "a", 256)[0].tolist()
    for code, number in enumerate(numbers):
        assert math.isnan(number) if code in nan else number == floating(code, 4, 3, bias), code
    assert max(number for number in numbers if not math.isnan(number)) == largest
    assert FP8_LARGEST[dtype] == largest


def test_even_columns_are_in_the_low_nibble():
    codes = torch.arange(16, dtype=torch.uint8)
    assert pack_nibbles(codes).tolist() == [0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE]
    assert unpack_nibbles(pack_nibbles(codes)).equal(codes)
    int4 = quantise_weights(torch.arange(-8.0, 8.0)[None, None], SCHEMES["int4_w4a16"])
    assert int4.values.flatten().tolist() == [0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE]
    mx = quantise_activations(torch.tensor([[0.5, 6.0, -1.0, 3.0]]), SCHEMES["mxfp4_w4a4"])
    assert mx.values.flatten().tolist() == [0x71, 0x5A]
    assert mx.scale.tolist() == [[127]]


def assert_comes_back(stored: Matrix, form: Format, columns: int, fnuz: bool = False):
    numbers = dequantise(stored, form, "b", columns)
    assert same(quantise_weights(numbers, form, fnuz), stored)


@pytest.mark.parametrize("dtype", FP8)
def test_every_fp8_code_under_every_scale(dtype):
    codes = BYTES[BYTES.view(dtype).float().isfinite()]
    assert len(codes) == (254 if dtype is FP8[0] else 255)
    stored = Matrix(codes.view(dtype).repeat(1, len(SCALES), 1), SCALES[None])
    assert_comes_back(stored, SCHEMES["fp8_w8a8_channel"], len(codes), dtype is FP8[1])


def test_every_int8_code_under_every_scale():
    codes = torch.arange(-127, 128, dtype=torch.int8)
    stored = Matrix(codes.repeat(1, len(SCALES), 1), SCALES[None])
    assert_comes_back(stored, SCHEMES["int8_w8a16"], 255)


def test_every_int4_code_under_every_scale():
    codes = pack_nibbles(torch.arange(128, dtype=torch.uint8) % 16)
    stored = Matrix(codes.repeat(1, len(SCALES), 1), SCALES[None, :, None])
    assert_comes_back(stored, SCHEMES["int4_w4a16"], 128)


def test_every_int4_code_under_every_zero_point_and_scale():
    codes = pack_nibbles(torch.arange(128, dtype=torch.uint8) % 16)
    zero = torch.arange(16, dtype=torch.uint8).repeat_interleave(len(SCALES))[None, :, None]
    stored = Matrix(codes.repeat(1, zero.numel(), 1), SCALES.repeat(16)[None, :, None], zero)
    assert_comes_back(stored, SCHEMES["int4_w4a16_zp"], 128)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_e2m1_code_under_every_e8m0_scale(dtype):
    scale = BYTES[:253]  # 6 * 2 ** 126 is beyond float32
    codes = pack_nibbles(torch.arange(32, dtype=torch.uint8) % 16).repeat(1, len(scale), 1)
    stored = Matrix(codes, scale[None, :, None])
    form = SCHEMES["mxfp4_w4a16"]
    assert same(quantise_weights(dequantise(stored, form, "b", 32).to(dtype), form), stored)
