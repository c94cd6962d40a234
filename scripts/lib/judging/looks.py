"""Finals that end once they decide are looked at more than once: when, and what that costs a p.

A test whose sample ends when it looks decided rejects too often: each look may reject by chance. So
a p counts as often as there may be looks, wherever the finals ended (Bonferroni).
"""

from __future__ import annotations

LEAST, EVERY = 20, 4  # rounds before the first look, and between two


def looks(rounds: int) -> int:
    """How often finals of at most so many rounds are looked at, their end included."""
    return max(1, 1 + -(-(rounds - LEAST) // EVERY))
