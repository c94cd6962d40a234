"""What quantising may lose, what its scales cover, and what it refuses."""

import math

import pytest
import torch

from kernels.formats import SCHEMES, Element, Format, Matrix, Scaling
from kernels.quantise import (
    SMALLEST_SCALE,
    dequantise,
    quantise_activations,
    quantise_weights,
    unpack_nibbles,
)
from tests.kernels.stored import same

# A GPU machine need not have it, and this file has no test for one.
hypothesis = pytest.importorskip("hypothesis")
given, settings, st = hypothesis.given, hypothesis.settings, hypothesis.strategies

SCALED = [form for form in SCHEMES.values() if form.scaling is not Scaling.NONE]


def half_step(steps: torch.Tensor, element: Element, fnuz: bool) -> torch.Tensor:
    """Half the distance of the format's numbers around ``steps``, in scales."""
    if element is Element.FP8:
        exponent = torch.frexp(steps).exponent - 1
        return 2.0 ** (exponent.clamp_min(-7 if fnuz else -6) - 4).double()
    if element is Element.MXFP4:
        return torch.where(steps.abs() < 2, 0.25, torch.where(steps.abs() < 4, 0.5, 1.0)).double()
    return torch.full_like(steps, 0.5)


def assert_nearest(x: torch.Tensor, stored: Matrix, form: Format, side: str, fnuz: bool):
    """Every element is within half a step; beyond 6 scales MXFP4 holds 6."""
    element = form.a if side == "a" else form.b
    numbers = dequantise(stored, form, side, x.shape[-1])
    ones = Matrix(one_everywhere(stored.values, element), stored.scale)
    scale = dequantise(ones, Format("", element, element, form.scaling, form.group_n, form.group_k),
                       side, x.shape[-1])  # fmt: skip
    steps, error = x.double() / scale, (x.double() - numbers).abs() / scale
    saturated = (steps.abs() > 6) & (element is Element.MXFP4)
    assert (numbers.abs() / scale)[saturated].eq(6).all()
    # The float32 quotient is off by up to 2 ** -24 of itself.
    bound = half_step(steps, element, fnuz) + steps.abs() * 2**-23
    assert (error <= bound)[~saturated].all()


def one_everywhere(values: torch.Tensor, element: Element) -> torch.Tensor:
    """Stored values that all mean 1."""
    if element is Element.INT4:
        return torch.full_like(values, 0x99)
    if element is Element.MXFP4:
        return torch.full_like(values, 0x22)
    return torch.ones(values.shape).to(values.dtype)


@st.composite
def matrices(draw):
    """float32 [rows, K], K even, of all magnitudes, zeros and subnormal numbers among them."""
    rows, half = draw(st.integers(1, 5)), draw(st.integers(1, 9))
    numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
    near = st.floats(-10, 10, width=32)
    kind = draw(st.sampled_from([numbers, near, st.just(0.0) | near]))
    size = rows * half * 2
    return torch.tensor(draw(st.lists(kind, min_size=size, max_size=size))).view(rows, half * 2)


# The schemes, with groups small enough for a small matrix to have several and a short last one.
SMALL = [
    Format(form.name, form.a, form.b, form.scaling, min(form.group_n, 2),
           4 if form.scaling in (Scaling.BLOCK, Scaling.GROUP) else form.group_k, form.zero_points)
    for form in SCALED
]  # fmt: skip


@pytest.mark.parametrize("form", SMALL, ids=lambda form: form.name)
@settings(max_examples=60)
@given(x=matrices(), fnuz=st.booleans())
def test_every_number_goes_to_the_nearest(form, x, fnuz):
    assert_nearest(x[None], quantise_weights(x[None], form, fnuz), form, "b", fnuz)
    if form.quantised_activations:
        assert_nearest(x, quantise_activations(x, form, fnuz), form, "a", fnuz)


@pytest.mark.parametrize("form", SMALL, ids=lambda form: form.name)
@settings(max_examples=60)
@given(x=matrices(), fnuz=st.booleans())
def test_quantising_what_was_read_back_changes_nothing(form, x, fnuz):
    x = x.clamp(-1e38, 1e38)  # rounded up, float32's largest would be beyond it
    once = quantise_weights(x[None], form, fnuz)
    twice = quantise_weights(dequantise(once, form, "b", x.shape[1]), form, fnuz)
    if not form.zero_points:
        assert same(once, twice)
        return
    # A whole zero point can leave a tile one code short of 16; a full range comes back.
    codes = torch.nn.functional.pad(unpack_nibbles(once.values), (0, -x.shape[1] % 4), value=7)
    tiles = codes.unflatten(-1, (-1, 4))
    full = (tiles.amin(-1) == 0) & (tiles.amax(-1) == 15)
    assert once.scale[full].equal(twice.scale[full])
    assert once.zero[full].equal(twice.zero[full])
    again = torch.nn.functional.pad(unpack_nibbles(twice.values), (0, -x.shape[1] % 4), value=7)
    assert tiles[full].equal(again.unflatten(-1, (-1, 4))[full])


@pytest.mark.parametrize("form", SCALED, ids=lambda form: form.name)
def test_both_ends_of_float32(form):
    largest, least = torch.finfo(torch.float32).max, 2.0**-149
    x = torch.tensor([[largest, -largest], [least, -least], [largest, least], [-least, -largest]])
    assert_nearest(x[None], quantise_weights(x[None], form), form, "b", False)


def test_e2m1_ties_go_to_even_codes_and_beyond_6_saturates():
    x = torch.tensor([0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0, 6.0, 7.0, 7.9])
    nearest = [0.0, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 6.0, 6.0, 6.0]
    form = SCHEMES["mxfp4_w4a4"]
    both = torch.cat((x, -x))[None]
    numbers = dequantise(quantise_activations(both, form), form, "a", 20)[0]
    assert numbers.tolist() == nearest + [-number for number in nearest]


@given(st.floats(min_value=2.0**-125, allow_infinity=False, allow_nan=False, width=32))
def test_shared_exponent_is_the_floor_of_log2_less_2(largest):
    stored = quantise_activations(torch.tensor([[largest, 0.0]]), SCHEMES["mxfp4_w4a4"])
    power = 2.0 ** (int(stored.scale) - 127)
    assert 4 * power <= largest < 8 * power


LARGEST = {Element.FP8: 448.0, Element.INT8: 127.0}


@pytest.mark.parametrize("form", SCALED, ids=lambda form: form.name)
def test_scale_shapes_where_nothing_divides(form):
    E, N, K = 3, 130, 290
    w = torch.randn(E, N, K)
    stored = quantise_weights(w, form)
    packed = form.b_bits == 4
    expected = {
        Scaling.TENSOR: (E,), Scaling.CHANNEL: (E, N), Scaling.BLOCK: (E, 2, 3),
        Scaling.GROUP: (E, N, -(-K // form.group_k)), Scaling.MICRO: (E, N, 10),
    }[form.scaling]  # fmt: skip
    assert stored.values.shape == (E, N, K // 2 if packed else K)
    assert stored.scale.shape == expected
    assert (stored.zero is not None) == form.zero_points
    assert stored.values.is_contiguous()
    assert stored.scale.is_contiguous()
    assert_nearest(w, stored, form, "b", False)
    rows = quantise_activations(w[0], form)
    expected = {
        Scaling.TENSOR: (1,), Scaling.CHANNEL: (N,), Scaling.BLOCK: (N, 3), Scaling.MICRO: (N, 10),
    }.get(form.scaling)  # fmt: skip
    assert (rows.scale.shape if form.quantised_activations else expected) == expected
    if not form.quantised_activations:
        assert rows.scale is None
        assert rows.values.equal(w[0].bfloat16())
        assert dequantise(rows, form, "a", K).equal(w[0].bfloat16().double())


@pytest.mark.parametrize("name", ["fp8_w8a8_b128x128", "int8_w8a8_b128x128"])
def test_block_scales_cover_their_block_and_no_other(name):
    w = torch.randn(2, 130, 290)
    stored = quantise_weights(w, SCHEMES[name])
    rows = quantise_activations(w[0], SCHEMES[name])
    largest = LARGEST[SCHEMES[name].b]
    for k in range(3):
        columns = slice(k * 128, (k + 1) * 128)
        assert rows.scale[:, k].equal(w[0, :, columns].abs().amax(1) / largest)
        for n in range(2):
            block = w[:, n * 128 : (n + 1) * 128, columns]
            assert stored.scale[:, n, k].equal(block.abs().amax((1, 2)) / largest)


def test_one_scale_for_an_experts_weights_and_for_all_activations():
    w = torch.randn(3, 5, 7)
    form = SCHEMES["fp8_w8a8"]
    assert quantise_weights(w, form).scale.equal(w.abs().amax((1, 2)) / 448)
    assert quantise_weights(w, form, fnuz=True).scale.equal(w.abs().amax((1, 2)) / 240)
    assert quantise_activations(w[0], form).scale.equal(w[0].abs().max()[None] / 448)


@pytest.mark.parametrize("form", SCALED, ids=lambda form: form.name)
def test_experts_do_not_see_each_other(form):
    w = torch.randn(3, 6, 72) * torch.tensor([1e-6, 1.0, 1e6])[:, None, None]
    whole = quantise_weights(w, form)
    for expert in range(3):
        zero = None if whole.zero is None else whole.zero[expert : expert + 1]
        part = slice(expert, expert + 1)
        assert same(
            quantise_weights(w[part], form), Matrix(whole.values[part], whole.scale[part], zero)
        )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("form", SCALED, ids=lambda form: form.name)
def test_narrow_inputs_are_widened_first(form, dtype):
    w = torch.randn(2, 6, 72).to(dtype)
    assert same(quantise_weights(w, form), quantise_weights(w.float(), form))
    assert same(quantise_weights(w.mT.contiguous().mT, form), quantise_weights(w, form))


@pytest.mark.parametrize("form", SCALED, ids=lambda form: form.name)
def test_zeros_take_the_least_scale(form):
    stored = quantise_weights(torch.zeros(1, 3, 34), form)
    least = 0 if form.scaling is Scaling.MICRO else SMALLEST_SCALE
    assert (stored.scale == least).all()
    assert (dequantise(stored, form, "b", 34) == 0).all()


@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_16_bit_formats_are_stored_as_they_are(name):
    w = torch.randn(2, 3, 5)
    form = SCHEMES[name]
    stored = quantise_weights(w, form)
    assert stored.values.dtype == form.compute
    assert stored.scale is None
    assert dequantise(stored, form, "b", 5).equal(w.to(form.compute).double())


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e39])
@pytest.mark.parametrize("form", SCALED, ids=lambda form: form.name)
def test_numbers_that_are_not_finite(form, bad):
    w = torch.zeros(2, 4, 6, dtype=torch.float64)
    w[1, 2, 3] = bad
    with pytest.raises(
        ValueError, match="weights of expert 1 hold NaN, infinity or numbers beyond"
    ):
        quantise_weights(w, form)
    if form.quantised_activations:
        with pytest.raises(ValueError, match="activations hold NaN"):
            quantise_activations(w[1], form)


@pytest.mark.parametrize("name", ["int4_w4a16", "int4_w4a16_zp", "mxfp4_w4a16", "mxfp4_w4a4"])
def test_an_odd_k_cannot_be_packed(name):
    with pytest.raises(ValueError, match=r"K = 7 is odd, and (int4|mxfp4) packs two"):
        quantise_weights(torch.randn(1, 4, 7), SCHEMES[name])


def test_wrong_operands():
    form = SCHEMES["fp8_w8a8"]
    with pytest.raises(ValueError, match=r"expected \[experts, N, K\], got shape \(4, 6\)"):
        quantise_weights(torch.randn(4, 6), form)
    with pytest.raises(ValueError, match=r"expected \[rows, K\], got shape \(1, 4, 6\)"):
        quantise_activations(torch.randn(1, 4, 6), form)
    with pytest.raises(ValueError, match=r"floating-point numbers are quantised, got torch.int32"):
        quantise_activations(torch.ones(4, 6, dtype=torch.int32), form)
    with pytest.raises(ValueError, match="rows is 0: there is nothing to quantise"):
        quantise_activations(torch.ones(0, 6), form)
    stored = quantise_activations(torch.ones(4, 6), form)
    with pytest.raises(ValueError, match="matrix stores 6 columns of fp8, not 12"):
        dequantise(stored, form, "a", 12)
