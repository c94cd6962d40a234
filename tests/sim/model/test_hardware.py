"""What a GPU and a scheme come down to."""

from __future__ import annotations

import pytest

from kernels.formats import SCHEMES
from scripts.lib.device import devices, find_device
from scripts.lib.files import InputError
from scripts.sim.model.hardware import hardware


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", devices())
def test_every_gpu_and_scheme_has_numbers(name: str, scheme: str) -> None:
    found = hardware(find_device(name), scheme)
    assert found.tensor_flops > 0
    assert 0 < found.b_bytes <= 2.1


def test_formats_without_instructions_run_at_the_rate_of_16_bits() -> None:
    a100 = find_device("NVIDIA_A100-SXM4-80GB")
    assert hardware(a100, "fp8_w8a8").tensor_flops == hardware(a100, "bf16").tensor_flops
    h200 = find_device("NVIDIA_H200")
    wide, narrow = hardware(h200, "bf16"), hardware(h200, "fp8_w8a8")
    assert narrow.tensor_flops == pytest.approx(2 * wide.tensor_flops, rel=0.01)


def test_scales_count_as_bytes() -> None:
    h200 = find_device("NVIDIA_H200")
    assert hardware(h200, "mxfp4_w4a16").b_bytes == 0.5 + 1 / 32
    assert hardware(h200, "int4_w4a16").b_bytes == 0.5 + 4 / 128
    assert hardware(h200, "bf16").a_bytes == 2.0


def test_unknown_scheme_names_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown scheme 'fp8_w8a9'; nearest: fp8_w8a8"):
        hardware(find_device("NVIDIA_H200"), "fp8_w8a9")
