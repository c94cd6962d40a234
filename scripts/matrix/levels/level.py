"""What all levels share: what they ask of an engine, and their verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

Seen = Mapping[str, Any]  # what a level saw, as it stands in the record
Prompts = Sequence[Sequence[int]]


class Word(StrEnum):
    """How a level ended for a cell."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"  # the cell's settings leave it without meaning
    NOT_MEASURED = "not_measured"  # what it needs is missing


@dataclass(frozen=True)
class Verdict:
    """``reason``: why, for readers. ``figures``: what it was judged by."""

    word: Word
    reason: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


class Asked(Protocol):
    """The booted engine as levels ask it, in its own process."""

    def prompts(self, count: int, length: int, seed: int) -> list[list[int]]:
        """Random prompts, the same for every engine of one vocabulary."""

    def generate(self, prompts: Prompts, tokens: int, logprobs: int | None = None) -> Seen:
        """Greedy continuations: ``tokens`` [prompts][tokens], ``logprobs`` of the likeliest."""

    def arrivals(self, prompts: Prompts, tokens: int) -> list[list[float]]:
        """Seconds from the start to every token of each prompt, all prompts there at the start."""

    def timeline(self, prompts: Prompts, steps: int, calls: bool = False) -> Seen:
        """A profile of ``steps`` decode steps; see scripts.matrix.timeline.

        ``calls``: with those that start kernels, which slows the host down.
        """

    def prefills(self, prompts: Prompts) -> Seen:
        """A profile of the prompts' prefills, one prompt after the other; a prompt is a step."""

    def logits(self, prompts: Prompts, file: str) -> Seen:
        """Logits at each prompt's end, written to ``file`` as float32 [prompts, vocabulary]."""

    def memory(self) -> Seen:
        """Bytes on the GPU; the peak is that since ``forget_peak``."""

    def forget_peak(self) -> None:
        """The peak begins anew."""
