"""What stands in the place of FlashInfer's compiled helpers, counted again by hand."""

from __future__ import annotations

import pytest
import torch

from scripts.audit.live.flashinfer.stand_ins import moe_sort, most_tiles


@pytest.mark.parametrize("tile", [4, 64])
@pytest.mark.parametrize(("experts", "offset", "local"), [(8, 0, 8), (8, 2, 4), (64, 60, 4)])
@pytest.mark.parametrize("tokens", [1, 5, 40])
def test_rows_of_an_expert_lie_together_in_whole_tiles(
    tokens: int, experts: int, offset: int, local: int, tile: int
) -> None:
    top_k = 2
    generator = torch.Generator().manual_seed(tokens)
    chosen = torch.rand(tokens, experts, generator=generator).topk(top_k).indices.int()
    expert, limit, row_of, assignment, rows, tiles = moe_sort(
        chosen, torch.ones(tokens, top_k), experts, top_k, offset, local, tile
    )
    flat = chosen.reshape(-1).tolist()
    mine = [[at for at, one in enumerate(flat) if one == offset + n] for n in range(local)]
    used = [-(-len(one) // tile) for one in mine]
    assert (int(tiles), int(rows)) == (sum(used), sum(used) * tile)
    assert len(expert) == len(limit) == most_tiles(len(flat), local, tile) >= sum(used)
    assert len(assignment) == len(expert) * tile
    start = 0
    for number, held in enumerate(mine):
        for part in range(used[number]):
            at = start // tile + part
            assert int(expert[at]) == number
            assert int(limit[at]) == min(start + (part + 1) * tile, start + len(held))
        assert assignment[start : start + len(held)].tolist() == held
        assert [int(row_of.reshape(-1)[one]) for one in held] == list(
            range(start, start + len(held))
        )
        start += used[number] * tile
    elsewhere = [at for at, one in enumerate(flat) if not offset <= one < offset + local]
    assert all(int(row_of.reshape(-1)[one]) == -1 for one in elsewhere)
