"""Sort token-expert assignments by expert and pad each expert to whole blocks of rows."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Alignment:
    """Rows for one BLOCK_SIZE_M.

    ``sorted_ids`` int32 [bound]: assignment ids by expert, ``assignments`` where padded.
    ``expert_ids`` int32 [bound / block]: expert of each block, -1 where it is not local or unused.
    ``num_padded`` int32 [1]: rows really used. ``bound``: rows in the worst routing.
    """

    sorted_ids: torch.Tensor
    expert_ids: torch.Tensor
    num_padded: torch.Tensor
    bound: int


def padded_bound(assignments: int, experts: int, block: int) -> int:
    """Most rows that any routing of ``assignments`` over ``experts`` can need, a block multiple.

    The worst routing gives one assignment to as many experts as it can and the rest to one.
    """
    touched = min(assignments, experts)
    return (touched + (assignments - touched) // block) * block


def align(
    expert_of: torch.Tensor,
    experts: int,
    block: int,
    local_expert: torch.Tensor | None = None,
) -> Alignment:
    """Align assignments for a block size, with no host synchronisation.

    ``expert_of``: int [tokens, top_k], expert of each assignment. ``local_expert``: int [experts],
    under expert parallelism the index of each expert on this rank, -1 if another rank holds it;
    its assignments keep their place, so that the kernel can write zeros for them.
    """
    flat = expert_of.reshape(-1).long()
    device, assignments = flat.device, flat.numel()
    bound = padded_bound(assignments, experts, block)
    counts = torch.zeros(experts, dtype=torch.long, device=device)
    counts.scatter_add_(0, flat, torch.ones_like(flat))
    padded = (counts + block - 1) // block * block
    ends = padded.cumsum(0)
    order = torch.argsort(flat, stable=True)
    expert_sorted = flat[order]
    rank = torch.arange(assignments, device=device) - (counts.cumsum(0) - counts)[expert_sorted]
    sorted_ids = torch.full((bound,), assignments, dtype=torch.int32, device=device)
    sorted_ids[(ends - padded)[expert_sorted] + rank] = order.int()
    starts = torch.arange(0, bound, block, device=device)
    owner = torch.searchsorted(ends, starts, right=True)
    used = owner < experts
    expert = owner.clamp(max=experts - 1)
    if local_expert is not None:
        expert = local_expert.to(device).long()[expert]
    expert_ids = torch.where(used, expert, -1).int()
    return Alignment(sorted_ids, expert_ids, ends[-1:].int(), bound)
