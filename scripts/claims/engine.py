"""Whether the engine really ran a file, and said the same with it as without: part of end_to_end.

A file that wins under a kernel and is not read, or is read and makes the model say something else,
is no win. What is missing fails.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pandas as pd

from scripts.lib.config import Config

OURS, OK = "ours", "ok"
RUN = "python -m scripts.runtime.engine"


def in_engine(
    candidate: Mapping[int, Config],
    layer: str,
    outputs: pd.DataFrame | None,
    kernels: Collection[str],
    logits_diff: float,
) -> Iterator[str]:
    """Reasons against the file: ENGINE_OUTPUTS of its layer (``GPU/shape``), None: there are none.

    ``kernels``: hashes of the runtime's kernel source under which the file was judged; none if it
    was judged under graphx's own alone. ``logits_diff``: the most that the last layer may differ.
    """
    device, _, shape = layer.partition("/")
    mine = pd.DataFrame()
    if outputs is not None:
        ours = (outputs["shape"] == shape) & (outputs["config"] == OURS)
        mine = outputs[ours & (outputs["device"] == device) & ~outputs["planted"].astype(bool)]
    if mine.empty:
        yield f"engine: {layer} was never run with and without the file; {RUN}"
    for row in mine.to_dict("records"):
        yield from (f"engine: {row['boot']}: {why}" for why in _row(row, candidate, logits_diff))
        if kernels and row["kernel_hash"] not in kernels:
            yield (
                f"engine: {row['boot']}: kernel_hash: {row['kernel_hash']} is not what the file "
                f"was judged under, {', '.join(sorted(kernels))}"
            )


def _row(row: Mapping[Any, Any], candidate: Mapping[int, Config], most: float) -> Iterator[str]:
    if row["outcome"] != OK:
        yield f"{row['outcome']}: {row['reason']}"
        return
    if not row["file"]:
        yield "no config file was read"
    launched: dict[str, str] = json.loads(row["launched"] or "{}")
    if not launched:
        yield "which configs it launched was not noted"
    for tokens, config in launched.items():
        wanted = candidate.get(int(tokens))
        if wanted is None or wanted.id != config:
            said = "none" if wanted is None else wanted.id
            yield f"{tokens}: it launched {config}, the file says {said}"
    if pd.isna(row["logits_diff"]) or row["logits_diff"] > most:
        yield f"logits_diff: {row['logits_diff']} is not at most {most:g}"
    if row["next_equal"] + row["tied"] != row["prompts"]:
        yield f"of {row['prompts']} next tokens {row['next_equal']} are equal, {row['tied']} tied"
