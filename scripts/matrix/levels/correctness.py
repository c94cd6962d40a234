"""Level 2: its logits are the reference's and its tokens the baseline's; no NaN; the same twice.

Kernels round in different orders, so that tokens may part where two are as good as equal. From
there on the texts differ; what counts is the first token that does.
"""

from __future__ import annotations

import base64
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from scripts.matrix.levels.level import Asked, Seen, Verdict, Word
from scripts.matrix.switches import Numbers

LIKELIEST = 5  # tokens whose logprobs are kept at each place


def columns(vocabulary: int, count: int) -> np.ndarray:
    """The vocabulary's entries that are kept, the same for every engine; int [count], sorted."""
    drawn = np.random.default_rng(7).choice(vocabulary, size=min(count, vocabulary), replace=False)
    return np.sort(drawn)


def packed(logits: np.ndarray) -> dict[str, Any]:
    """float32 [prompts, columns] for the record: the upper half of each, rounded, as base64."""
    bits = np.ascontiguousarray(logits, np.float32).view(np.uint32)
    upper = ((bits + 0x8000) >> 16).astype(np.uint16)
    return {"shape": list(logits.shape), "bf16": base64.b64encode(upper.tobytes()).decode()}


def unpacked(value: Seen) -> np.ndarray:
    """The inverse of ``packed``, to 8 bits of mantissa."""
    upper = np.frombuffer(base64.b64decode(value["bf16"]), np.uint16).astype(np.uint32)
    found: np.ndarray = (upper << 16).view(np.float32).reshape(value["shape"])
    return found


def observe(engine: Asked, numbers: Numbers) -> dict[str, Any]:
    """Logits of the kept columns, continuations with the likeliest tokens, and those again."""
    prompts = engine.prompts(numbers.prompts, numbers.prompt_length, 3)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "logits.npy"
        said = engine.logits(prompts, str(file))
        whole = np.load(file)
    few = prompts[:4]
    first = engine.generate(few, numbers.continued, logprobs=LIKELIEST)
    again = engine.generate(few, numbers.continued, logprobs=LIKELIEST)
    return {
        "finite": bool(said["finite"]),
        "logits": packed(whole[:, columns(whole.shape[1], numbers.columns)]),
        "tokens": first["tokens"],
        "logprobs": first["logprobs"],
        "same_again": first["tokens"] == again["tokens"],
    }


def logits_diff(found: np.ndarray, wanted: np.ndarray) -> float:
    """1 - 2xy / (x² + y²) of logits less their mean over the columns: 0 if equal; NaN stays."""
    x = (found - found.mean(axis=1, keepdims=True)).astype(np.float64).ravel()
    y = (wanted - wanted.mean(axis=1, keepdims=True)).astype(np.float64).ravel()
    scale = float(x @ x + y @ y)
    return 1.0 - 2.0 * float(x @ y) / scale if scale else math.nan


def parting(seen: Seen, baseline: Seen) -> float:
    """How far apart, in nats of the baseline, the first differing tokens are; the worst prompt.

    0 if no token differs; infinite if the baseline did not have the other among its likeliest.
    """
    worst = 0.0
    for own, theirs, likely in zip(
        seen["tokens"], baseline["tokens"], baseline["logprobs"], strict=True
    ):
        place = next((n for n, (a, b) in enumerate(zip(own, theirs, strict=True)) if a != b), None)
        if place is None:
            continue
        known = likely[place]
        other = known.get(str(own[place]))
        gap = math.inf if other is None else known[str(theirs[place])] - other
        worst = max(worst, gap)
    return worst


def judge(
    seen: Seen,
    numbers: Numbers,
    baseline: Seen | None,
    reference: Seen | None,
    own_outputs: bool = False,
    baseline_wanted: bool = True,
) -> Verdict:
    """``baseline``: the same of the baseline's cell, which has none; ``reference``: ``logits``.

    ``own_outputs``: it computes something else than they; then only numbers and repetition count,
    and that the outputs do differ.
    """
    figures: dict[str, float] = {}
    reasons = [] if seen["finite"] else ["logits are not finite"]
    if not seen["same_again"]:
        reasons.append("the same prompts gave other tokens")
    own = unpacked(seen["logits"])
    for name, other in (("baseline", baseline), ("reference", reference)):
        if other is not None:
            figures[name] = logits_diff(own, unpacked(other["logits"]))
    if own_outputs:
        if figures.get("baseline") == 0.0:
            reasons.append("its logits are the baseline's, which it is to change")
        return Verdict(Word.FAILED if reasons else Word.PASSED, "; ".join(reasons), figures)
    reasons += [
        f"logits_diff to the {name} is {value:.4g}"
        for name, value in figures.items()
        if not value <= numbers.logits_diff
    ]
    if baseline is not None:
        figures["parting_nats"] = min(parting(seen, baseline), 1e9)
        if figures["parting_nats"] > numbers.near_tie:
            reasons.append("a token differs from the baseline's that was not near")
    if not (figures or reasons):
        word = Word.NOT_MEASURED if baseline_wanted else Word.NOT_APPLICABLE
        return Verdict(word, "neither a baseline nor a reference is recorded")
    return Verdict(Word.FAILED if reasons else Word.PASSED, "; ".join(reasons), figures)
