"""Token alignment against its definition, for every routing hypothesis can think of."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from kernels.alignment import align, padded_bound

ROUTINGS = st.integers(1, 6).flatmap(
    lambda experts: st.tuples(
        st.just(experts),
        st.lists(st.lists(st.integers(0, experts - 1), min_size=2, max_size=2), min_size=1),
    )
)


@given(ROUTINGS, st.sampled_from([1, 4, 16]))
def test_every_assignment_once_in_a_block_of_its_expert(routing, block):
    experts, pairs = routing
    expert_of = torch.tensor(pairs)
    out = align(expert_of, experts, block)
    flat, total = expert_of.flatten(), expert_of.numel()
    used = int(out.num_padded)
    assert used % block == 0
    assert used <= out.bound == len(out.sorted_ids)
    ids = out.sorted_ids.tolist()
    assert sorted(i for i in ids if i < total) == list(range(total))
    assert all(i == total for i in ids[used:])
    for position, assignment in enumerate(ids[:used]):
        if assignment < total:
            assert out.expert_ids[position // block] == flat[assignment]
    counts = torch.bincount(flat, minlength=experts)
    assert used == int(((counts + block - 1) // block * block).sum())
    assert (out.expert_ids[used // block :] == -1).all()


@given(st.integers(1, 40), st.integers(1, 8), st.sampled_from([1, 4, 16]))
def test_the_bound_is_reached_by_the_worst_routing_and_by_no_other(assignments, experts, block):
    touched = min(assignments, experts)
    worst = list(range(touched)) + [0] * (assignments - touched)
    bound = padded_bound(assignments, experts, block)
    rows = (touched - 1) * block + -(-(assignments - touched + 1) // block) * block
    assert int(align(torch.tensor([worst]), experts, block).num_padded) == rows
    assert rows <= bound < rows + block


def test_experts_of_other_ranks_keep_their_rows():
    expert_of = torch.tensor([[0, 1], [1, 2], [3, 0]])
    local = torch.tensor([-1, 0, -1, 1])
    out = align(expert_of, 4, 4, local)
    assert out.expert_ids.tolist()[:4] == [-1, 0, -1, 1]
    assert sorted(out.sorted_ids[out.sorted_ids < 6].tolist()) == list(range(6))
