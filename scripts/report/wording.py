"""Numbers and device names as they are written in sentences and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.lib.device import short_name

Estimate = Mapping[str, Any]
DASH = "–"
CANDIDATES = {
    "aa": "A/A pairs",
    "best": "best recorded config",
    "committed": "committed config",
    "default": "default heuristic",
}


def candidate(name: str) -> str:
    """A candidate of the table of quality in words: ``S1 NVIDIA_H100`` as ``H100, copied (S1)``."""
    kind, _, device = name.partition(" ")
    return f"{short_name(device)}, copied ({kind})" if device else CANDIDATES.get(name, name)


def pair(name: str) -> str:
    """``NVIDIA_H100->NVIDIA_H200`` as ``H100 → H200``."""
    source, target = name.split("->")
    return f"{short_name(source)} → {short_name(target)}"


def per_cent(estimate: Estimate) -> str:
    """A rate with its interval: ``28.1% (20.0–36.5)``."""
    return _with_interval(estimate, 100, 1, "%")


def ratio(estimate: Estimate) -> str:
    """A ratio with its interval: ``1.030 (1.012–1.050)``."""
    return _with_interval(estimate, 1, 3, "")


def fine_ratio(estimate: Estimate) -> str:
    """A ratio near 1, with one more digit: ``1.0017 (1.0006–1.0031)``."""
    return _with_interval(estimate, 1, 4, "")


def trials(estimate: Estimate) -> str:
    """A number of trials with its interval: ``10 (4–29)``."""
    return _with_interval(estimate, 1, 0, "")


def days(estimate: Estimate) -> str:
    """Days with their interval: ``185.8 (135.7–238.8)``; negative ends are joined by ``to``."""
    return _with_interval(estimate, 1, 1, "")


def ends(interval: list[float | None], decimals: int = 1) -> str:
    """Both ends of an interval, ``?`` where there is none."""
    texts = ["?" if end is None else f"{end:.{decimals}f}" for end in interval]
    negative = any(end is not None and end < 0 for end in interval)
    return (" to " if negative else DASH).join(texts)


def decimals(value: float | None, places: int) -> str:
    """A figure with fixed decimals, for columns to be read down."""
    return DASH if value is None else f"{value:.{places}f}"


def share(part: float | None, whole: float = 1) -> str:
    """A plain share, without an interval: ``98.1%``; of nothing it is a dash."""
    return DASH if part is None or not whole else f"{100 * part / whole:.1f}%"


def named(counts: Mapping[str, int]) -> str:
    """Counts by name, the largest first: ``shared memory (616), compile error (4)``."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name.replace('_', ' ')} ({number(n)})" for name, n in ordered) or DASH


def others(outcomes: Mapping[str, int]) -> dict[str, int]:
    """Outcomes of trials without the correct ones."""
    return {name: count for name, count in outcomes.items() if name != "correct"}


def _with_interval(estimate: Estimate, scale: int, decimals: int, unit: str) -> str:
    if estimate["mean"] is None:
        return "none"
    text = f"{estimate['mean'] * scale:.{decimals}f}{unit}"
    interval = [None if end is None else end * scale for end in estimate["ci"]]
    return text if interval == [None, None] else f"{text} ({ends(interval, decimals)})"


def number(value: float | None) -> str:
    """A plain figure: thousands apart, four digits kept, the very small in powers of ten."""
    if value is None:
        return "none"
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def published(figure: Any, unit: str) -> str:
    """A figure of the table of published ones: an estimate, or a plain number.

    ``unit``: count, days, rate or ratio.
    """
    if figure is None:
        return DASH
    if isinstance(figure, Mapping):
        written = {"days": days, "rate": per_cent, "ratio": ratio}
        return written[unit](figure)
    return share(figure) if unit == "rate" else number(figure)
