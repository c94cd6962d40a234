"""Sort the values of features into a few bins of about equal weight, once for all forests.

The edges are those that scikit-learn's HistGradientBoostingRegressor finds: weighted quantiles by
the averaged inverted distribution function (Hyndman and Fan 1996), or midpoints where a feature has
no more values than bins. It would find them anew for each forest and sort a column once for each
edge, which took a third of the time of growing. Of bin numbers it makes a bin each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scripts.sim.arrays import Array

MOST = 64


@dataclass(frozen=True)
class Binned:
    """``codes``: shape (rows, features), each value's bin, from 0 up. ``edges``: by feature,
    ascending; a value is in bin b if it is above b of them."""  # noqa: D205,D209

    codes: Array
    edges: tuple[Array, ...]

    def of(self, features: list[int]) -> Binned:
        """Only these columns."""
        return Binned(self.codes[:, features], tuple(self.edges[one] for one in features))

    def in_order(self, rows: npt.NDArray[np.intp]) -> Binned:
        """The rows in another order."""
        return Binned(self.codes[rows], self.edges)


def binned(rows: Array, weight: Array) -> Binned:
    """Rows of features [n, width] without NaN; ``weight`` of each row, above 0."""
    edges = tuple(_edges(column, weight) for column in rows.T)
    codes = [np.searchsorted(found, column) for found, column in zip(edges, rows.T, strict=True)]
    return Binned(np.column_stack(codes).astype(np.float64), edges)


def _edges(column: Array, weight: Array) -> Array:
    """At most ``MOST`` - 1; none if all values are the same."""
    order = np.argsort(column)
    values, weights = column[order], weight[order]
    distinct = np.unique(values)
    if len(distinct) <= MOST:
        return np.asarray((distinct[:-1] + distinct[1:]) / 2)
    # Equal values as a second sort leaves them: the digits of the sums hang on their order.
    below = np.cumsum(weights[np.argsort(values)])
    wanted = np.linspace(0, 100, MOST + 1)[1:-1] / 100 * below[-1]
    at = np.clip(np.searchsorted(below, wanted), 0, len(values) - 1)
    after = np.clip(at + 1, 0, len(values) - 1)
    between = below[at] - wanted <= np.finfo(np.float64).eps
    return np.unique(np.where(between, (values[at] + values[after]) / 2, values[at]))
