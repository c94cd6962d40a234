"""Which model's layer an (E, N) in a file name most likely is.

A file is tuned for one rank. Under tensor parallelism a rank holds all experts and a slice of
each: N = intermediate / degree. Under expert parallelism it holds whole experts, fewer of them:
E = experts / degree. Several models may fit; this is the order of preference:

1. No anachronism: a model released more than GRACE_MONTHS after the shape's first file is out
   (files come in up to a season before the model they are tuned for).
2. Tensor parallelism before expert parallelism, which few of the files are tuned for.
3. The smaller degree.
4. The more recent model, for which tuning is worth while.
5. By name, so that the choice never hangs on the order of the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scripts.corpus.models import Model

DEGREES = (1, 2, 4, 8, 16, 32)
GRACE_MONTHS = 3


@dataclass(frozen=True)
class Fit:
    """A model whose layer, split over ``degree`` GPUs by ``split`` (tp, ep), has this shape."""

    model: Model
    split: str
    degree: int

    @property
    def text(self) -> str:
        """For example ``Mixtral-8x7B/tp4``."""
        return f"{self.model.name}/{self.split}{self.degree}"


def fits(models: Iterable[Model], experts: int, intermediate: int, month: int) -> list[Fit]:
    """All models that fit, best first.

    ``month`` is that of the shape's first file, counted from year 0.
    """
    found = []
    for model in models:
        if model.month > month + GRACE_MONTHS:
            continue
        for degree in DEGREES:
            if (experts, intermediate * degree) == (model.experts, model.intermediate):
                found.append(Fit(model, "tp", degree))
            elif (experts * degree, intermediate) == (model.experts, model.intermediate):
                found.append(Fit(model, "ep", degree))
    return sorted(
        found,
        key=lambda fit: (fit.split == "ep", fit.degree, -fit.model.month, fit.model.name),
    )
