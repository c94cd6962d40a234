"""What a pass of each scope reads, writes and must equal; on the CPU, with products in torch."""

from dataclasses import replace

import pytest
import torch

from kernels import reference
from kernels.formats import SCHEMES, Scaling
from kernels.quantise import dequantise
from scripts.lib.files import InputError
from scripts.lib.shape import Cell, parse_cell
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import draws_of, weight_sets_of
from scripts.measure.work.candidate import check
from scripts.measure.work.operands import make_weights, most_weight_sets
from scripts.measure.work.scopes import SCOPES, make_operands

CELL = parse_cell("CPU_interpreter/E4-N32-K64-top2-bf16/M5")
ENTRY = {"BLOCK_SIZE_M": 16}


class Eager:
    """The machine at hand, and GEMMs in torch in place of kernels."""

    device, fnuz = "cpu", False
    registers = spills = None

    def draws(self, tokens):
        return draws_of(tokens)

    def launch(self, gemm, alignment, entry):
        form = SCHEMES[gemm.scheme]
        a = dequantise(gemm.a, form, "a", gemm.depth)
        b = reference.Dequantised(gemm.b, form, gemm.depth)
        expert_of = torch.full((gemm.c.shape[0],), -1)
        block = alignment.bound // alignment.expert_ids.numel()
        owner = alignment.expert_ids.repeat_interleave(block)
        real = alignment.sorted_ids < gemm.c.shape[0]
        expert_of[alignment.sorted_ids[real].long()] = owner[real].long()
        gemm.c.copy_(reference.moe_gemm(a, b, expert_of, gemm.share, gemm.route_weight))


def scope_of(cell: Cell = CELL, **stated):
    conditions = Conditions(**stated)
    weights = make_weights(cell.shape, most_weight_sets(conditions.weights), 7, "cpu")
    return make_operands(cell, weights, conditions, 7, Eager())


@pytest.mark.parametrize("name", ["kernel", "two_gemm"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_right_products_pass_in_every_scheme(scheme, name):
    scope = scope_of(replace(CELL, shape=replace(CELL.shape, scheme=scheme)), scope=name)
    agreement = check(scope, Eager(), ENTRY)
    assert agreement.passes
    assert agreement.relative_error < 4e-3  # one rounding to bf16


@pytest.mark.parametrize("name", ["kernel", "two_gemm"])
def test_another_weight_set_than_the_draws_fails(name):
    """The check really uses the weights that go with its draw."""
    scope = scope_of(scope=name)
    scope.inputs.weights.reverse()
    assert not check(scope, Eager(), ENTRY).passes


def test_scopes_of_one_cell_share_inputs():
    kernel, both, layer = (scope_of(scope=name) for name in SCOPES)
    assert torch.equal(kernel.x.values, both.x.values)
    assert torch.equal(kernel.x.values, layer.x)  # bf16: stored as they are
    for one, other in zip(kernel.inputs.draws, layer.inputs.draws, strict=True):
        assert torch.equal(one.expert_of, other.expert_of)


def test_cold_rotates_and_warm_stays():
    cold, warm = scope_of(weights="cold").inputs, scope_of(weights="warm").inputs
    assert cold.passes == tuple(range(8))
    assert len(cold.weights) == weight_sets_of(8) == 4
    assert len({id(cold.weights_of(index)) for index in cold.passes}) == 4
    assert warm.passes == (0,) * 8
    assert len(warm.weights) == 1
    assert len(warm.draws) == 2  # one to time, one to check
    assert torch.equal(warm.draws[0].expert_of, cold.draws[0].expert_of)
    assert not torch.equal(warm.draws[0].expert_of, warm.draws[1].expert_of)


def test_a_pass_takes_its_draw_and_the_weights_that_go_with_it():
    scope, seen = scope_of(), []
    for index in scope.inputs.passes:
        scope.run(lambda gemm, alignment, entry: seen.append((gemm, alignment)), ENTRY, index)
    assert len(seen) == 16
    for index, (gemm, alignment) in enumerate(seen[::2]):
        assert gemm.b is scope.inputs.weights[index % 4].gate_up
        assert alignment is scope.inputs.alignment(index, 16)
    down, _ = seen[1]
    assert torch.equal(down.route_weight, scope.inputs.draws[0].weight.reshape(-1))


def touched(scope) -> float:
    counts = [draw.expert_of.unique().numel() for draw in scope.inputs.draws[:-1]]
    return sum(counts) / len(counts)


def test_least_work_of_each_scope_in_bf16():
    kernel, both, layer = (scope_of(scope=name) for name in SCOPES)
    tokens, rows, n, k = 5, 10, 32, 64
    gate_up, down = 2 * n * k * 2, n * k * 2
    x, up, hidden, out = tokens * k * 2, rows * 2 * n * 2, rows * n * 2, rows * k * 2
    assert kernel.traffic() == (touched(kernel) * gate_up + x + up, 2.0 * rows * 2 * n * k)
    expected = touched(both) * (gate_up + down) + x + up + hidden + out
    assert both.traffic() == (pytest.approx(expected), 2.0 * rows * 3 * n * k)
    routing = rows * (4 + 4)  # int32 ids, float32 weights
    expected = touched(layer) * (gate_up + down) + 2 * tokens * k * 2 + routing
    assert layer.traffic() == (pytest.approx(expected), 2.0 * rows * 3 * n * k)


@pytest.mark.parametrize("scheme", ["fp8_w8a8_b128x128", "int4_w4a16_zp", "mxfp4_w4a4"])
def test_scales_and_packing_count_as_bytes(scheme):
    form = SCHEMES[scheme]
    cell = parse_cell(f"CPU_interpreter/E4-N128-K256-top2-{scheme}/M5")
    scope = scope_of(cell, scope="kernel")
    per_expert = 2 * 128 * 256 * form.b_bits // 8
    columns, along = 2 * 128 // form.group_n, 256 // form.group_k
    per_expert += columns * along * (1 if form.scaling is Scaling.MICRO else 4)
    per_expert += columns * along if form.zero_points else 0
    x = 5 * 256 * form.a_bits // 8
    if form.quantised_activations:
        x += 5 * along * (1 if form.scaling is Scaling.MICRO else 4)
    assert scope.traffic()[0] == touched(scope) * per_expert + x + 10 * 256 * 2


@pytest.mark.parametrize(
    "stated",
    [
        {"scope": "layr"}, {"weights": "cool"}, {"backend": "cpu"}, {"profile": "zip"},
        {"run_time": ("num_stages",)},
    ],
    ids=lambda stated: next(iter(stated)),
)  # fmt: skip
def test_conditions_that_no_sweep_has_are_refused_by_name(stated):
    with pytest.raises(InputError, match=r"unknown .*; (nearest|known)"):
        Conditions(**stated)
