"""What counts as agreement: NaN, infinity and unwritten outputs never pass."""

import math

import pytest
import torch

from kernels.tolerances import MAX_LOGITS_DIFF, SENTINEL, compare


def test_figures_are_their_definitions():
    x = torch.randn(40, 30, dtype=torch.float64)
    y = x + 0.05 * torch.randn_like(x)
    agreement = compare(x, y)
    direct = 1 - 2 * (x * y).sum() / ((x * x).sum() + (y * y).sum())
    assert agreement.logits_diff == pytest.approx(float(direct), rel=1e-9)
    assert agreement.relative_error == pytest.approx(float((x - y).norm() / y.norm()), rel=1e-9)
    assert agreement.passes


@pytest.mark.parametrize("value", [math.nan, math.inf, SENTINEL])
def test_one_bad_element_fails(value):
    reference = torch.randn(300, 300)
    out = reference.clone()
    out[7, 9] = value
    assert not compare(out, reference).passes


def test_a_wrong_output_fails():
    reference = torch.randn(64, 64)
    agreement = compare(reference * 1.3, reference)
    assert agreement.logits_diff > MAX_LOGITS_DIFF
    assert not agreement.passes


def test_zeros_agree_with_zeros_and_with_nothing_else():
    zeros = torch.zeros(4, 4)
    assert compare(zeros, zeros).passes
    assert not compare(zeros, torch.ones(4, 4)).passes
    assert not compare(torch.ones(4, 4), zeros).passes
