"""One candidate on one cell: the correctness check, and the timer of its passes."""

from __future__ import annotations

from dataclasses import replace

import torch

from kernels.tolerances import SENTINEL, Agreement, compare
from scripts.measure.backend.interface import Backend, Entry, Loaded, Replays
from scripts.measure.work.scopes import Scope


def check(scope: Scope, loaded: Loaded, entry: Entry) -> Agreement:
    """Run on the checking draw into scrubbed buffers and compare what is timed with the reference.

    Returns the worst agreement of the outputs. Buffers between a layer's kernels have no reference
    of their own, but a row that is not written or not finite there counts all the same: in the
    layer's sum it could pass for rounding.
    """
    for buffer in scope.written:
        buffer.fill_(SENTINEL)
    scope.run(loaded.launch, entry, scope.inputs.checking)
    results = [compare(out, expected) for out, expected in scope.expected]
    worst = max(results, key=lambda a: (not a.passes, a.logits_diff))
    outputs = {id(out) for out, _ in scope.expected}
    between = [buffer for buffer in scope.written if id(buffer) not in outputs]
    return _with_inner(worst, between) if between else worst


def compare_nothing(scope: Scope) -> None:
    """Scrub and compare with nothing run between: torch loads what that takes at its first use."""
    for buffer in scope.written:
        buffer.fill_(SENTINEL)
    for out, expected in scope.expected:
        compare(out, expected)


def _with_inner(agreement: Agreement, buffers: list[torch.Tensor]) -> Agreement:
    """Also count what is unwritten or not finite in ``buffers``; one host synchronisation."""
    unwritten = sum((buffer == SENTINEL).sum() for buffer in buffers)
    broken = sum((~buffer.isfinite()).sum() for buffer in buffers)
    return replace(
        agreement,
        unwritten=agreement.unwritten + int(unwritten),
        finite=agreement.finite and int(broken) == 0,
    )


def make_timer(backend: Backend, scope: Scope, loaded: Loaded, entry: Entry) -> Replays:
    """A timer whose every replay is one pass over each draw that is timed."""
    scope.prepare(loaded, entry)
    passes = scope.inputs.passes

    def run() -> None:
        for index in passes:
            scope.run(loaded.launch, entry, index)

    return backend.timer(run, len(passes))
