"""When two stored matrices are the same."""

import torch

from kernels.formats import Matrix


def same(one: Matrix, other: Matrix) -> bool:
    """Whether two matrices are stored by the same bytes."""

    def bits(part):
        return part.contiguous().view(torch.uint8)

    pairs = [(one.values, other.values), (one.scale, other.scale), (one.zero, other.zero)]
    return all(
        (p is q is None) or (p.shape == q.shape and p.dtype == q.dtype and bits(p).equal(bits(q)))
        for p, q in pairs
    )
