"""The compiled kernels on a GPU against the float64 reference, every number format."""

import pytest
import torch

from kernels.formats import SCHEMES
from scripts.lib.outcome import Outcome
from scripts.measure.correctness import Machine, check
from scripts.measure.correctness_cases import LARGE_CASES

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU"),
]


@pytest.fixture(scope="module")
def machine():
    return Machine()


@pytest.fixture(scope="module")
def launch(machine):
    return machine.launch()


@pytest.mark.parametrize("case", LARGE_CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_layer(case, scheme, machine, launch):
    for row in check(case, scheme, machine, launch, machine.ways):
        assert row["outcome"] == Outcome.CORRECT.value, row
