"""What a CUDA graph of a layer holds must never wait for the device."""

import pytest
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

from kernels.alignment import align
from kernels.formats import SCHEMES
from kernels.quantise import quantise_matrix


def test_a_tensor_without_numbers_shows_every_wait():
    with FakeTensorMode(), pytest.raises(DataDependentOutputException):
        torch.ones(3).sum().item()


@pytest.mark.parametrize("local", [False, True])
def test_alignment(local):
    """Tensors here have no numbers: asking for one would fail."""
    with FakeTensorMode():
        expert_of = torch.zeros(33, 4, dtype=torch.int32)
        out = align(expert_of, 16, 64, torch.zeros(16, dtype=torch.long) if local else None)
        assert out.sorted_ids.shape == (out.bound,)


@pytest.mark.parametrize("scheme", [n for n, f in SCHEMES.items() if f.quantised_activations])
def test_quantisation(scheme):
    with FakeTensorMode():
        stored = quantise_matrix(torch.zeros(4, 256), SCHEMES[scheme], "a")
        assert stored.values.shape[0] == 4
