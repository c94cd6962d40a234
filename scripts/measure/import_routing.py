"""Make a table of recorded routing from the arrays that a router was logged into.

``--experts-of`` is an integer array [tokens, top_k] of expert ids (numpy's .npy), ``--weights`` a
float array of the same shape; without it, weights are drawn at random when the table is used. In
most runtimes both are at hand where the fused-MoE function is called, as ``topk_ids`` and
``topk_weights``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scripts.lib import command_line
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.routing import ROUTING
from scripts.lib.tables import write_table


def routing_table(
    expert_of: npt.NDArray[Any], weight: npt.NDArray[Any] | None = None
) -> pd.DataFrame:
    """ROUTING rows of arrays [tokens, top_k]; ValueError if they are no such arrays."""
    if expert_of.ndim != 2 or not expert_of.size or expert_of.dtype.kind not in "iu":
        raise ValueError(f"expected integers [tokens, top_k], got {_words(expert_of)}")
    if weight is not None and (weight.shape != expert_of.shape or weight.dtype.kind != "f"):
        raise ValueError(f"weights: expected floats {expert_of.shape}, got {_words(weight)}")
    tokens, top_k = expert_of.shape
    token, slot = np.divmod(np.arange(tokens * top_k), top_k)
    flat = None if weight is None else weight.reshape(-1).astype(np.float32)
    columns = {"token": token, "slot": slot, "expert": expert_of.reshape(-1), "weight": flat}
    return pd.DataFrame(columns)


def _words(array: npt.NDArray[Any]) -> str:
    return f"{array.dtype} {array.shape}"


def _load(path: Path) -> npt.NDArray[Any]:
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable .npy array ({error})") from error


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command_line.parser(
        __doc__,
        "example:\n  python -m scripts.measure.import_routing --experts-of topk_ids.npy "
        "--weights topk_weights.npy --out build/router.parquet\n  python -m scripts.measure.sweep "
        "--profile recorded:build/router.parquet …",
    )
    parser.add_argument("--experts-of", type=Path, required=True, help="expert ids, .npy")
    parser.add_argument("--weights", type=Path, help="routing weights, .npy")
    parser.add_argument("--out", type=Path, required=True, help="ROUTING table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        expert_of = _load(args.experts_of)
        weight = _load(args.weights) if args.weights else None
        try:
            frame = routing_table(expert_of, weight)
        except ValueError as error:
            raise InputError(f"{args.experts_of}: {error}") from error
        write_table(args.out, frame, ROUTING)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
