"""Level 1: it boots and answers, each request with as many tokens as were asked for."""

from __future__ import annotations

from typing import Any

from scripts.matrix.levels.level import Asked, Seen, Verdict, Word
from scripts.matrix.switches import Numbers


def observe(engine: Asked, numbers: Numbers) -> dict[str, Any]:
    """``tokens`` [prompts][tokens] of short prompts."""
    said = engine.generate(engine.prompts(2, 16, 1), numbers.smoke_tokens)
    return {"tokens": said["tokens"]}


def judge(seen: Seen, numbers: Numbers) -> Verdict:
    """Passed if all tokens came."""
    counts = [len(row) for row in seen["tokens"]]
    if counts and all(count == numbers.smoke_tokens for count in counts):
        return Verdict(Word.PASSED)
    return Verdict(Word.FAILED, f"{counts} tokens where {numbers.smoke_tokens} were asked for")
