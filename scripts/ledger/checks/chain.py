"""Lines edited, deleted, added, moved or torn, from the hashes that link them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from scripts.ledger.checks.finding import RESTORE, Finding
from scripts.lib.chain import GENESIS, Line


def broken_links(ledger: str, lines: Sequence[Line]) -> Iterator[Finding]:
    """What the chain shows of all lines of a file, also of those that are not well-formed.

    A line that was added is told from a deleted one: the next follows the one before it. What is
    missing at the end cannot be seen from within, see scripts.lib.chain.
    """
    before = [GENESIS, *(line.hash for line in lines)]
    added = {
        n
        for n, (line, after) in enumerate(pairwise(lines))
        if after.prev and line.hash != after.prev == before[n]
    }
    for n, line in enumerate(lines):
        if n in added:
            yield Finding(ledger, line.number, "line", "was added later", RESTORE)
        elif line.problem is not None and n - 1 not in added:
            yield Finding(ledger, line.number, *line.problem)
