"""The reference itself, against loops over single numbers."""

import math

import torch

from kernels import reference


def test_moe_gemm_is_its_definition():
    torch.manual_seed(1)
    a, b = torch.randn(3, 5), torch.randn(2, 4, 5)
    expert_of, weight = torch.tensor([[0, 1], [1, -1], [0, 0]]), torch.rand(6)
    out = reference.moe_gemm(a, b, expert_of, 2, weight)
    for row, expert in enumerate(expert_of.flatten().tolist()):
        for col in range(4):
            total = sum(float(a[row // 2, k]) * float(b[expert, col, k]) for k in range(5))
            expected = 0.0 if expert < 0 else float(weight[row]) * total
            assert math.isclose(float(out[row, col]), expected, rel_tol=1e-12, abs_tol=1e-12)


def test_silu_and_mul_is_its_definition():
    x = torch.tensor([[0.5, -2.0, 3.0, 4.0]], dtype=torch.float64)
    expected = [0.5 / (1 + math.exp(-0.5)) * 3.0, -2.0 / (1 + math.exp(2.0)) * 4.0]
    torch.testing.assert_close(reference.silu_and_mul(x), torch.tensor([expected]).double())


def test_layer_sums_the_weighted_experts_of_a_token():
    torch.manual_seed(2)
    x, up, down = torch.randn(2, 6), torch.randn(3, 8, 6), torch.randn(3, 6, 4)
    expert_of, weight = torch.tensor([[0, 2], [1, 0]]), torch.rand(2, 2)
    out = reference.moe_layer(x, up, down, weight, expert_of)
    for token in range(2):
        expected = torch.zeros(6, dtype=torch.float64)
        for slot in range(2):
            expert = int(expert_of[token, slot])
            hidden = reference.silu_and_mul((up[expert].double() @ x[token].double())[None])[0]
            expected += weight[token, slot].double() * (down[expert].double() @ hidden)
        torch.testing.assert_close(out[token], expected)
