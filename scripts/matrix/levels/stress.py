"""Level 3: many requests one by one, several at once, a long context; nothing dies, all answer."""

from __future__ import annotations

from typing import Any

from scripts.matrix.levels.level import Asked, Seen, Verdict, Word
from scripts.matrix.switches import Numbers

SHORT, MIDDLE, TOKENS = 16, 512, 8  # tokens of the prompts, and of every answer


def observe(engine: Asked, numbers: Numbers) -> dict[str, Any]:
    """How many requests of each kind came back whole, and bytes on the GPU before and after."""
    before = engine.memory()["peak_bytes"]
    one_by_one = [
        engine.generate(engine.prompts(1, SHORT, 100 + number), TOKENS)["tokens"]
        for number in range(numbers.sequence)
    ]
    at_once = [
        engine.generate(engine.prompts(count, MIDDLE, 300 + count), TOKENS)["tokens"]
        for count in range(2, numbers.concurrent + 1)
    ]
    long = engine.generate(engine.prompts(1, numbers.context, 400), TOKENS)["tokens"]
    return {
        "sequence": _whole(one_by_one),
        "concurrent": _whole(at_once),
        "context": _whole([long]),
        "peak_bytes_before": before,
        "peak_bytes": engine.memory()["peak_bytes"],
    }


def _whole(answers: list[list[list[int]]]) -> dict[str, int]:
    rows = [row for answer in answers for row in answer]
    return {"asked": len(rows), "whole": sum(len(row) == TOKENS for row in rows)}


def judge(seen: Seen, numbers: Numbers) -> Verdict:
    """Passed if as many were asked as the numbers say, and all came back whole."""
    wanted = {
        "sequence": numbers.sequence,
        "concurrent": sum(range(2, numbers.concurrent + 1)),
        "context": 1,
    }
    figures = {f"{name}_whole": float(seen[name]["whole"]) for name in wanted}
    short = [name for name, count in wanted.items() if seen[name]["asked"] < count]
    lost = [name for name in wanted if seen[name]["whole"] < seen[name]["asked"]]
    if lost:
        return Verdict(Word.FAILED, f"answers are not whole: {', '.join(lost)}", figures)
    if short:
        return Verdict(Word.FAILED, f"fewer were asked than wanted: {', '.join(short)}", figures)
    return Verdict(Word.PASSED, figures=figures)
