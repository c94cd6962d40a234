"""Does work on the other GPUs of a host disturb the timing on one? Tried before it is relied on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scripts.lib.isolate import Child, Failure
from scripts.measure.protocol import Protocol

ALONE_S, TOGETHER_S = 0.5, 1.5


def probe(
    workers: Sequence[Child], cell_id: str, entry: dict[str, int], protocol: Protocol
) -> list[dict[str, Any]]:
    """Time one config on one cell on each GPU alone and then on all at once.

    Returns per worker ``alone_us`` and ``together_us`` (medians), their ``ratio``, and ``error``:
    None, or why there is no ratio.
    """
    opened = [w.call(("open", cell_id, entry), protocol.open_deadline_s) for w in workers]
    alone = [_ask(w, ALONE_S, protocol) for w in workers]
    for worker in workers:
        worker.send(("probe", TOGETHER_S))
    together = [w.receive(protocol.trial_deadline_s) for w in workers]
    for worker, results in zip(workers, zip(opened, alone, together, strict=True), strict=True):
        if any(isinstance(r, Failure) and r.kind != "error" for r in results):
            worker.start()
    return [_line(*results) for results in zip(opened, alone, together, strict=True)]


def _ask(worker: Child, seconds: float, protocol: Protocol) -> Any:
    return worker.call(("probe", seconds), protocol.trial_deadline_s)


def _line(opened: Any, alone: Any, together: Any) -> dict[str, Any]:
    error = next(filter(None, map(_why_not, (opened, alone, together))), None)
    if error is not None:
        return {"alone_us": None, "together_us": None, "ratio": None, "error": error[:400]}
    alone_us, together_us = (float(np.median(result["us"])) for result in (alone, together))
    return {
        "alone_us": round(alone_us, 4),
        "together_us": round(together_us, 4),
        "ratio": round(together_us / alone_us, 6),
        "error": None,
    }


def _why_not(result: Any) -> str | None:
    if isinstance(result, Failure):
        return result.message
    if result.get("refused") or result.get("anchor_error"):
        return str(result.get("message") or result["anchor_error"])
    return "no samples" if result.get("us") == [] else None


def is_disturbed(found: dict[str, Any], protocol: Protocol) -> bool:
    """Whether the others' work slowed this GPU down by more than the band, or nobody knows."""
    ratio = found["ratio"]
    return ratio is None or abs(ratio - 1.0) > protocol.disturbance_band
