"""Results of compiling as COMPILED tables, one per (architecture, scheme)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import triton

from scripts.lib.occupancy import blocks_per_processor
from scripts.lib.schemas.space import COMPILED, FACT_NAMES
from scripts.space.binaries import Binary
from scripts.space.cache import cache_key, kernel_hash
from scripts.space.targets import device_of

# Stands for the scheme in the name of a table that holds several, of committed configs alone.
COMMITTED = "committed"


def table_name(arch: str, scheme: str) -> str:
    """File name of a table, for example ``sm_90-bf16.parquet``."""
    return f"{arch}-{scheme}.parquet"


def compiled_table(
    binaries: Iterable[Binary], results: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """Rows of COMPILED, sorted, for binaries that all have a result (by cache key)."""
    rows = [_row(binary, results[cache_key(binary)]) for binary in binaries]
    frame = pd.DataFrame(rows, columns=COMPILED.names)
    whole = dict.fromkeys(FACT_NAMES, "Int64")
    order = ["arch", "scheme", "drawn", "gemm", "config_id"]
    return frame.astype(whole).sort_values(order, ignore_index=True)


def _row(binary: Binary, result: Mapping[str, Any]) -> dict[str, Any]:
    facts = dict(result["facts"] or {})
    if facts:
        facts["occupancy"] = blocks_per_processor(
            device_of(binary.arch),
            binary.config.num_warps,
            facts["registers"],
            facts["shared_bytes"],
            facts.pop("waves_per_simd"),
        )
    return {
        "arch": binary.arch,
        "scheme": binary.scheme,
        "config_id": binary.config.id,
        "gemm": binary.gemm,
        "drawn": binary.drawn,
        "outcome": result["outcome"],
        "reason": result["reason"],
        **{name: facts.get(name) for name in FACT_NAMES},
        "triton": triton.__version__,
        "kernel_hash": kernel_hash(),
    }
