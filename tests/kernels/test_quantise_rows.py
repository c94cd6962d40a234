"""The one-launch quantisers give the very bytes of the torch definitions.

In Triton's interpreter without a GPU. It misreads subnormal bf16 numbers, so those come as float32
and float16 there.
"""

import os
import subprocess
import sys

import pytest
import torch

from kernels.formats import SCHEMES, Element, Format, Scaling
from kernels.quantise import quantise_activations
from kernels.quantise_rows import quantise_rows
from tests.kernels.stored import same

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
ONE_LAUNCH = [
    SCHEMES[name]
    for name in (
        "fp8_w8a8_channel", "fp8_w8a8_b128x128", "int8_w8a8", "int8_w8a8_b128x128", "mxfp4_w4a4",
    )
]  # fmt: skip
OTHERS = [form for form in SCHEMES.values() if form not in ONE_LAUNCH]


def assert_same_bytes(x, form, fnuz=False):
    assert same(quantise_rows(x, form, fnuz), quantise_activations(x, form, fnuz))


def encodings(forms):
    """(form, fnuz): FP8 in both its encodings."""
    both = [(form, False) for form in forms]
    both += [(form, True) for form in forms if form.a is Element.FP8]
    return pytest.mark.parametrize(
        ("form", "fnuz"), both, ids=lambda v: getattr(v, "name", "fnuz" if v is True else "")
    )


@encodings(ONE_LAUNCH)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("shape", [(1, 2), (3, 34), (5, 130), (2, 1026), (3, 2300)], ids=str)
def test_sizes_that_do_not_divide(shape, dtype, form, fnuz):
    torch.manual_seed(shape[1])
    assert_same_bytes(torch.randn(shape, device=DEVICE).to(dtype), form, fnuz)


@encodings(ONE_LAUNCH)
@pytest.mark.parametrize("magnitude", [0.0, 1e-44, 1e-38, 1e-30, 1e30, 8e37])
def test_magnitudes(magnitude, form, fnuz):
    torch.manual_seed(0)
    x = torch.randn(4, 300, device=DEVICE) * magnitude
    x[1] *= torch.logspace(-20, 0, 300, device=DEVICE)
    x[2, :140] = 0.0
    x[3, ::3] = -0.0
    assert_same_bytes(x, form, fnuz)


@encodings(ONE_LAUNCH)
def test_every_code_every_tie_and_their_neighbours(form, fnuz):
    """Under scale 1: all numbers of the format, midpoints between them, one float32 either way."""
    if form.a is Element.MXFP4:
        codes = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0])
    elif form.a is Element.INT8:
        codes = torch.arange(128.0)
    else:
        dtype = torch.float8_e4m3fnuz if fnuz else torch.float8_e4m3fn
        codes = torch.arange(128, dtype=torch.uint8).view(dtype).float()
        codes = codes[codes.isfinite()]
    x = torch.cat((codes, (codes[1:] + codes[:-1]) / 2))
    away = torch.full_like(x, torch.inf)
    x = torch.cat((x, x.nextafter(away), x.nextafter(-away))).clamp(0, codes.max())
    if form.a is Element.MXFP4:
        x = x.clamp_max(7.9)  # at 8 the scale is 2
    x = torch.cat((x, -x))
    # Each group starts with the largest number, which makes its scale 1.
    others = 31 if form.a is Element.MXFP4 else 127
    x = torch.nn.functional.pad(x, (0, -len(x) % others)).view(-1, others)
    x = torch.nn.functional.pad(x, (1, 0), value=float(x.max())).to(DEVICE)
    assert_same_bytes(x, form, fnuz)
    scale = quantise_rows(x, form, fnuz).scale
    assert (scale == (127 if form.a is Element.MXFP4 else 1.0)).all()


@encodings(ONE_LAUNCH)
def test_rows_may_lie_apart(form, fnuz):
    x = torch.randn(6, 400, device=DEVICE)[::2, :200]
    assert_same_bytes(x, form, fnuz)


@pytest.mark.parametrize("element", [Element.FP8, Element.INT8])
def test_groups_that_are_no_power_of_two(element):
    form = Format("groups-of-96", element, element, Scaling.BLOCK, 96, 96)
    assert_same_bytes(torch.randn(3, 2300, device=DEVICE), form)


@pytest.mark.parametrize("form", OTHERS, ids=lambda form: form.name)
def test_what_needs_no_kernel_is_the_definition_itself(form):
    assert_same_bytes(torch.randn(5, 34, device=DEVICE), form)


def test_what_is_refused():
    form = SCHEMES["fp8_w8a8_channel"]
    with pytest.raises(ValueError, match=r"K must be contiguous, got strides \(1, 4\)"):
        quantise_rows(torch.randn(6, 4, device=DEVICE).T, form)
    with pytest.raises(ValueError, match="float64 activations are quantised by"):
        quantise_rows(torch.randn(6, 4, device=DEVICE, dtype=torch.float64), form)
    with pytest.raises(ValueError, match="K = 5 is odd"):
        quantise_rows(torch.randn(6, 5, device=DEVICE), SCHEMES["mxfp4_w4a4"])
    with pytest.raises(ValueError, match="rows is 0"):
        quantise_rows(torch.randn(0, 4, device=DEVICE), form)


# Compiles without a GPU; the interpreter, chosen for this process, would be in the way.
COMPILE = """
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile
from kernels import quantise_rows

def ptx(kernel, scale, constants):
    pointers = {"x_ptr": "*bf16", "values_ptr": "*u8", "scale_ptr": scale}
    names = kernel.arg_names
    types = {n: "constexpr" if n in constants else pointers.get(n, "i32") for n in names}
    return compile(ASTSource(kernel, types, constants), target=GPUTarget("cuda", 90, 32)).asm["ptx"]

fp8 = {"LARGEST": 448.0, "BIAS": 7, "FNUZ": False, "GROUPS": 8, "GROUP": 128}
print(ptx(quantise_rows._scaled_rows_kernel, "*fp32", fp8))
print(ptx(quantise_rows._mx_rows_kernel, "*u8", {"GROUPS": 32, "GROUP": 32}))
"""


def test_compiled_for_hopper_divides_exactly_and_keeps_subnormal_numbers():
    environment = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-c", COMPILE], capture_output=True, text=True, check=True, env=environment
    )
    assert "div.rn.f32" in done.stdout
    for inexact in (".ftz", "div.full", "div.approx", "rcp.approx"):
        assert inexact not in done.stdout


gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")


@pytest.mark.gpu
@gpu
@encodings(ONE_LAUNCH)
@pytest.mark.parametrize("shape", [(1, 2048), (4096, 7168), (16384, 1536), (513, 16384)], ids=str)
def test_large_on_a_gpu(shape, form, fnuz):
    torch.manual_seed(shape[0])
    x = torch.randn(shape, device="cuda", dtype=torch.bfloat16)
    x *= (2.0 ** torch.randint(-40, 40, shape, device="cuda")).bfloat16()
    assert_same_bytes(x, form, fnuz)


@pytest.mark.gpu
@gpu
@pytest.mark.parametrize(
    "form",
    [form for form in SCHEMES.values() if form.quantised_activations],
    ids=lambda form: form.name,
)
def test_a_cuda_graph_holds_it(form):
    x = torch.randn(64, 2048, device="cuda", dtype=form.compute)
    quantise_rows(x, form)  # compiles
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = quantise_rows(x, form)
    x.copy_(torch.randn_like(x) * 3)
    graph.replay()
    assert same(captured, quantise_activations(x, form))
