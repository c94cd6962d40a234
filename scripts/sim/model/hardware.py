"""What the equations need of a GPU and of a number format, as plain numbers.

Sources: CUDA C++ Programming Guide (resident blocks; 1 KB of shared memory reserved for each
block), PTX ISA (wgmma and tcgen05 work on 64 rows or more, by warpgroups of four warps), AMD's
CDNA 3 ISA (waves of 64 lanes, 128 bytes of LDS a clock). Rates stand in the device's record.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.formats import SCHEMES, Element, Format, Scaling
from scripts.lib.device import Device, Vendor
from scripts.lib.names import unknown_name

# Architectures whose full tensor rate needs tiles of 64 rows; smaller ones run instructions of the
# generation before.
_WIDE = {"sm_90", "sm_100", "sm_103"}
_WIDE_ROWS = 64


@dataclass(frozen=True)
class Hardware:
    """One (GPU, scheme). Rates are for one processor and one clock unless the name says more."""

    processors: float
    clock_hz: float
    bandwidth_bytes_s: float
    l2_bytes: float
    shared_limit: float  # bytes of shared memory of one processor
    shared_reserved: float  # of one block, beyond what it asked for
    registers_limit: float  # of one processor, 32 bits each
    threads: float
    resident_limit: float  # programs that a processor holds at most
    lanes: float  # threads of a warp or wave
    warp_registers: float  # most registers of one thread
    wide_rows: float  # fewest rows of a tile that native tensor instructions take
    tensor_flops: float  # operations a clock and processor
    a_bytes: float  # of one activation, its share of a scale included
    b_bytes: float  # of one weight, its share of a scale and zero point included
    widened: float  # 1 if weights are converted before they are multiplied
    rescaled: float  # group length along K after which the sum is scaled; 0 for none


def hardware(device: Device, scheme: str) -> Hardware:
    """Numbers of a GPU for a scheme. InputError offers the nearest if the scheme is not known."""
    if scheme not in SCHEMES:
        raise unknown_name("scheme", scheme, SCHEMES)
    form = SCHEMES[scheme]
    amd = device.vendor is Vendor.AMD
    return Hardware(
        processors=device.processors,
        clock_hz=device.clock_hz,
        bandwidth_bytes_s=device.bandwidth_bytes_s,
        l2_bytes=device.l2_bytes,
        shared_limit=device.shared_bytes + (0 if amd else 1024),
        shared_reserved=0 if amd else 1024,
        registers_limit=device.registers_per_processor,
        threads=device.threads_per_processor,
        resident_limit=32,
        lanes=64 if device.arch.startswith("gfx9") else 32,
        warp_registers=512 if amd else 255,
        wide_rows=_WIDE_ROWS if device.arch in _WIDE else 0,
        tensor_flops=peak(device, form) / device.processors / device.clock_hz,
        a_bytes=form.a_bits / 8 + _scale_bytes(form, activations=True),
        b_bytes=form.b_bits / 8 + _scale_bytes(form, activations=False),
        widened=float(form.b is not form.a),
        rescaled=form.group_k if form.scaling is Scaling.BLOCK else 0,
    )


def peak(device: Device, form: Format) -> float:
    """Dense operations a second in the format that is multiplied; 16-bit if there is no other.

    A GPU without tensor instructions for a format widens it: Triton then computes in 16 bits.
    """
    wanted = {Element.FP8: "fp8", Element.INT8: "int8", Element.MXFP4: "fp4"}.get(form.a, "bf16")
    return device.peak_flops.get(wanted, device.peak_flops["bf16"])


def _scale_bytes(form: Format, activations: bool) -> float:
    """Bytes of scales and zero points for each stored number."""
    if activations and not form.quantised_activations:
        return 0.0
    if form.scaling is Scaling.MICRO:
        return 1.0 / form.group_k
    if form.scaling is Scaling.BLOCK:
        return 4.0 / (form.group_k * (1 if activations else form.group_n))
    if form.scaling is Scaling.GROUP:
        return (5.0 if form.zero_points else 4.0) / form.group_k
    return 0.0
