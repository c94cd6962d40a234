"""Which config a row of a file holds: what stands without the file, unless another is shown faster.

Who writes no file pays for the better of the committed config and the runtime's default one; a row
that replaces it by what is not shown to be faster can only lose.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def exported(stands: Name, ratios: Mapping[Name, tuple[float, float]]) -> Name:
    """The fastest of those whose interval over ``stands`` lies below 1; else ``stands``.

    ``ratios``: by config the median of the ratio and the upper end of its interval; the first of
    equals. An unknown end (NaN) shows nothing.
    """
    shown = {name: median for name, (median, high) in ratios.items() if high < 1.0}
    return min(shown, key=lambda name: shown[name], default=stands)
