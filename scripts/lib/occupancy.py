"""How many blocks of a binary one processor holds at once.

Limits are the device's; granules are NVIDIA's and AMD's. Sources: CUDA C++ Programming Guide,
compute capabilities, and the CUDA occupancy calculator (registers are given out by 256 a warp, to
warps that are spread over four partitions; 1 KB of shared memory is kept for each block); for AMD
the compiler's own count of waves per SIMD, four SIMDs a compute unit.
"""

from __future__ import annotations

from scripts.lib.device import Device, Vendor

_PARTITIONS = 4
WARP_REGISTERS = 256  # NVIDIA gives them out to a warp in such portions
_RESERVED_SHARED = 1024


def blocks_per_processor(
    device: Device, num_warps: int, registers: int, shared_bytes: int, waves_per_simd: int | None
) -> int:
    """Blocks that fit at once, by registers, threads and shared memory; 0 if not even one does.

    ``registers`` per thread, ``shared_bytes`` per block; ``waves_per_simd`` on AMD only.
    """
    if device.vendor is Vendor.AMD:
        if waves_per_simd is None:
            raise ValueError("AMD's occupancy follows from the waves per SIMD")
        by_waves = waves_per_simd * _PARTITIONS // num_warps
        return min(by_waves, device.shared_bytes // max(shared_bytes, 1))
    per_warp = -(-registers * 32 // WARP_REGISTERS) * WARP_REGISTERS
    partition = device.registers_per_processor // _PARTITIONS // max(per_warp, 1)
    by_registers = partition * _PARTITIONS // num_warps
    by_threads = device.threads_per_processor // (32 * num_warps)
    room = device.shared_bytes + _RESERVED_SHARED
    return min(by_registers, by_threads, room // (shared_bytes + _RESERVED_SHARED))
