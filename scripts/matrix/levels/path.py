"""Level 1.5: the kernels that the cell is about ran, and those that it is to replace did not.

A cell that fails here has numbers of something else: they are INVALID.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from scripts.matrix.cells import Cell
from scripts.matrix.levels.level import Asked, Seen, Verdict, Word
from scripts.matrix.switches import Numbers


def observe(engine: Asked, numbers: Numbers) -> dict[str, Any]:
    """A profile of decode steps (scripts.matrix.timeline), after the shapes were warmed."""
    prompts = engine.prompts(numbers.path_batch, 64, 2)
    engine.generate(prompts, 1)
    return dict(engine.timeline(prompts, numbers.path_steps, calls=True))


def names(seen: Seen) -> list[str]:
    """What a profile saw: kernels, and calls of the driver's that start them."""
    return [str(row["name"]) for row in seen["kernels"]] + list(seen["calls"])


def judge(seen: Seen, cell: Cell, log_lines: Sequence[str]) -> Verdict:
    """``log_lines``: of the engine's log, what it says that it uses."""
    there = names(seen)
    if not there:
        return Verdict(Word.FAILED, "the profile is empty")
    missing = [one for one in cell.must_see if not any(re.search(one, name) for name in there)]
    wrong = [name for name in there if any(re.search(one, name) for one in cell.must_not_see)]
    unsaid = [one for one in cell.log if not any(re.search(one, line) for line in log_lines)]
    reasons = [
        *(f"must see {one}" for one in missing),
        *(f"must not see {name[:60]}" for name in dict.fromkeys(wrong)),
        *(f"the log lacks {one}" for one in unsaid),
    ]
    if not (cell.must_see or cell.must_not_see or cell.log):
        return Verdict(Word.NOT_APPLICABLE, "nothing is said of its path")
    figures = {"kernels": float(len(seen["kernels"]))}
    return Verdict(Word.FAILED if reasons else Word.PASSED, "; ".join(reasons), figures)
