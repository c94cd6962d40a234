"""How the published search times a config: vLLM's benchmarks/kernels/benchmark_moe.py (2026).

A first call compiles, in line. Then ``CALLS`` calls are captured in a CUDA graph, which is replayed
``WARM_UP`` times and ``TIMED`` times; the configs of a space are all tried, at every batch size.
"""

from __future__ import annotations

CALLS, WARM_UP, TIMED = 10, 5, 20
# Calls that a config costs on the GPU at a batch size, besides the one that compiles.
REPLAYED = CALLS * (WARM_UP + TIMED)
