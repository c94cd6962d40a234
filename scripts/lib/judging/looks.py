"""Finals that end once they decide are looked at more than once: when, and what that costs a p.

A test whose sample ends when it looks decided rejects too often: each look may reject by chance. So
a p counts as often as there may be looks, wherever the finals ended, and an interval is as wide as
that asks for (Bonferroni).
"""

from __future__ import annotations

from scripts.lib.judging.medians import LEVEL

LEAST, EVERY = 20, 4  # rounds before the first look, and between two


def looks(rounds: int, least: int = LEAST, every: int = EVERY) -> int:
    """How often finals of at most so many rounds are looked at, their end included."""
    return max(1, 1 + -(-(rounds - least) // every))


def level(looks: int) -> float:
    """Of the interval at each of so many looks, for 95% in all of them together."""
    return 1 - (1 - LEVEL) / looks
