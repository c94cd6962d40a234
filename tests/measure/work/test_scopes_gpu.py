"""Scopes, weights and routing on a real GPU: right answers, plausible times, steady memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from kernels.formats import SCHEMES
from kernels.layer import Layer, moe_layer
from scripts.lib.config import parse_id
from scripts.lib.shape import parse_cell
from scripts.measure.conditions import Conditions
from scripts.measure.import_routing import routing_table
from scripts.measure.work.candidate import check, make_timer
from scripts.measure.work.operands import make_weights, most_weight_sets
from scripts.measure.work.scopes import SCOPES, Scope, make_operands

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU"),
]

ENTRY = parse_id("M16-N128-K128-G1-W4-S3").to_entry()
# At one token the touched experts fit into any L2 cache, but four sets of all weights do not.
MEMORY_BOUND = "E8-N1024-K2048-top2"


@pytest.fixture(scope="module")
def backend() -> Any:
    from scripts.measure.backend.gpu import GpuBackend

    return GpuBackend(("GROUP_SIZE_M",))


@pytest.fixture(autouse=True)
def _freed(backend: Any) -> Iterator[None]:
    yield
    backend.release()


def scope_of(backend: Any, shape: str, tokens: int, **stated: Any) -> Scope:
    cell, conditions = parse_cell(f"gpu/{shape}/M{tokens}"), Conditions(**stated)
    sets = most_weight_sets(conditions.weights)
    weights = make_weights(cell.shape, sets, 7, backend.device, backend.fnuz)
    return make_operands(cell, weights, conditions, 7, backend)


def median_us(backend: Any, scope: Scope) -> float:
    timer = make_timer(backend, scope, backend.load(ENTRY, scope.inputs.cell.shape), ENTRY)
    timer(5)
    return float(np.median(timer(40)))


@pytest.mark.parametrize("name", SCOPES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scope_is_correct_in_every_scheme(backend: Any, scheme: str, name: str) -> None:
    for tokens in (1, 33):
        scope = scope_of(backend, f"E8-N256-K512-top2-{scheme}", tokens, scope=name)
        agreement = check(scope, backend.load(ENTRY, scope.inputs.cell.shape), ENTRY)
        assert agreement.passes, agreement


@pytest.mark.parametrize("name", SCOPES)
def test_a_replay_of_the_graph_writes_the_same_as_a_launch(backend: Any, name: str) -> None:
    scope = scope_of(backend, "E8-N256-K512-top2-fp8_w8a8_b128x128", 33, scope=name)
    loaded = backend.load(ENTRY, scope.inputs.cell.shape)
    scope.run(loaded.launch, ENTRY, scope.inputs.passes[-1])
    direct = [buffer.clone() for buffer in scope.written]
    timer = make_timer(backend, scope, loaded, ENTRY)
    for buffer in scope.written:
        buffer.fill_(-1.0)
    timer(1)  # the last pass of a replay is the one whose output stays
    for buffer, expected in zip(scope.written, direct, strict=True):
        assert torch.equal(buffer, expected)


def test_more_of_the_layer_takes_longer(backend: Any) -> None:
    times = [median_us(backend, scope_of(backend, f"{MEMORY_BOUND}-bf16", 64, scope=name))
             for name in ("kernel", "two_gemm", "layer")]  # fmt: skip
    assert times == sorted(times)
    assert times[1] > 1.2 * times[0]


def test_warm_weights_come_from_the_cache(backend: Any) -> None:
    cold, warm = (
        median_us(backend, scope_of(backend, f"{MEMORY_BOUND}-bf16", 1, weights=weights))
        for weights in ("cold", "warm")
    )
    assert warm < 0.95 * cold


def test_recorded_routing_of_one_expert_pair_touches_no_other(backend: Any, tmp_path: Any) -> None:
    from scripts.lib.schemas.routing import ROUTING
    from scripts.lib.tables import write_table

    write_table(tmp_path / "router.parquet", routing_table(np.array([[6, 7]] * 50)), ROUTING)
    profile = f"recorded:{tmp_path}/router.parquet"
    scope = scope_of(backend, f"{MEMORY_BOUND}-bf16", 24, profile=profile)
    assert all((draw.expert_of == torch.tensor([6, 7], device="cuda")).all()
               for draw in scope.inputs.draws)  # fmt: skip
    assert check(scope, backend.load(ENTRY, scope.inputs.cell.shape), ENTRY).passes


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_layer_never_waits_for_the_gpu(backend: Any, scheme: str) -> None:
    scope = scope_of(backend, f"E8-N256-K512-top2-{scheme}", 33, scope="layer")
    launch = backend.load(ENTRY, scope.inputs.cell.shape).launch
    scope.run(launch, ENTRY, 0)  # what is compiled in line is loaded now
    torch.cuda.synchronize()
    draw, weights = scope.inputs.draws[0], scope.inputs.weights[0]
    layer = Layer(scheme, weights.gate_up, weights.down)
    torch.cuda.set_sync_debug_mode("error")
    try:
        moe_layer(scope.x, layer, draw.weight, draw.expert_of, ENTRY, launch=launch)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_graphs_of_whole_layers_share_their_scratch_memory(backend: Any) -> None:
    scope = scope_of(backend, f"{MEMORY_BOUND}-bf16", 1024, scope="layer")
    loaded = backend.load(ENTRY, scope.inputs.cell.shape)
    kept, reserved = [], []
    for _ in range(12):
        kept.append(make_timer(backend, scope, loaded, ENTRY))
        kept[-1](1)
        reserved.append(torch.cuda.memory_reserved())
    assert reserved[-1] == reserved[2]
    assert all(timer(3) for timer in kept)
    del kept[:]
    assert make_timer(backend, scope, loaded, ENTRY)(1)  # the pool outlives its graphs
