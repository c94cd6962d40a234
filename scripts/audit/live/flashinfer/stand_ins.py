"""In the place of three helpers that FlashInfer compiles from C++: sort, clearing and delay.

Their sources want a header that is fetched when they are built. The GEMMs and the tuner are Python
and are used as they are. What stands here is a few launches of PyTorch, so that a pass holds a
sort that is slower than FlashInfer's own; it is the same for all tactics of one tile height.
"""

from __future__ import annotations

from typing import Any

import torch

CYCLES_A_US = 1980.0  # an H200 at its highest clock; slower only makes the delay longer
Sorted = tuple[
    torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor
]  # fmt: skip


def most_tiles(rows: int, experts: int, tile: int) -> int:
    """Tiles that assignments of ``rows`` can need at most, wherever they go."""
    return rows if rows <= experts else (rows + (tile - 1) * experts) // tile


def moe_sort(
    token_selected_experts: torch.Tensor,
    token_final_scales: torch.Tensor,
    num_experts: int,
    top_k: int,
    local_expert_offset: int = 0,
    num_local_experts: int | None = None,
    tile_tokens_dim: int = 128,
    **_: Any,
) -> Sorted:
    """Assignments grouped by local expert, each group padded to whole tiles; nothing waits.

    Returns, all int32: the expert of each tile, the first row after its assignments; the row of
    each assignment [tokens, top_k] (-1: held elsewhere), the assignment of each row, the rows and
    the tiles that are in use, one element each.
    """
    local = num_experts if num_local_experts is None else num_local_experts
    tile, device = tile_tokens_dim, token_selected_experts.device
    key = token_selected_experts.reshape(-1).long() - local_expert_offset
    key = torch.where((key >= 0) & (key < local), key, local)
    count = key.numel()
    held = torch.zeros(local + 1, dtype=torch.long, device=device)
    held.scatter_add_(0, key, torch.ones_like(key))
    held = held[:local]
    tiles = (held + tile - 1) // tile
    ends = tiles.cumsum(0)
    starts = (ends - tiles) * tile
    ordered, order = torch.sort(key, stable=True)
    first = held.cumsum(0) - held
    size = most_tiles(count, local, tile)
    # What is held elsewhere goes behind the last row.
    behind = torch.full((1,), size * tile, dtype=torch.long, device=device)
    start = torch.cat([starts, behind])
    rank = torch.arange(count, device=device) - torch.cat([first, behind * 0 + count])[ordered]
    row = torch.where(ordered < local, start[ordered] + rank, behind)
    assignment = torch.zeros(size * tile + 1, dtype=torch.int32, device=device)
    assignment.scatter_(0, row, order.int())
    row_of = torch.empty(count, dtype=torch.int32, device=device)
    row_of.scatter_(0, order, torch.where(ordered < local, row, -1).int())
    number = torch.arange(size, device=device)
    expert = torch.searchsorted(ends, number, right=True).clamp(max=local - 1)
    limit = torch.minimum((number + 1) * tile, starts[expert] + held[expert])
    used = ends[-1:].int()
    return (
        expert.int(), limit.int(), row_of.view(-1, top_k), assignment[:-1].contiguous(),
        used * tile, used,
    )  # fmt: skip


def clear(output: torch.Tensor) -> None:
    """Zeros, on the stream that is current."""
    output.zero_()


def delay(microseconds: int) -> None:
    """Keep the stream busy, so that what is timed next is queued before it begins."""
    torch.cuda._sleep(int(microseconds * CYCLES_A_US))


def put_in_place(pipeline: Any, autotuner: Any) -> None:
    """Have FlashInfer's pipeline (``…cute_dsl.sm90_fused_moe``) and its autotuner's module call
    these."""  # noqa: D205,D209
    pipeline.moe_sort = moe_sort
    pipeline.moe_output_memset_inplace = clear
    autotuner.delay_kernel = delay
