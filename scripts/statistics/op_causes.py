"""Why a verdict under the operator may differ: how many blocks of its GEMM a processor holds.

Both kernels take the same shared memory for a config, but not the same registers. The runtime reads
a scale of a whole tensor as one number, where graphx's kernel loads one for each row and column and
keeps them beside the sums: large tiles of that format need half as many registers again there, and
fewer blocks of them run at once. A pair of configs is compared fairly by the two GEMMs only if each
is held as often by both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from scripts.lib.config import parse_id
from scripts.lib.device import find_device
from scripts.lib.occupancy import blocks_per_processor
from scripts.lib.shape import Cell, parse_cell

SAME, OTHER = "same", "other"
# Bytes of a number of the activations and of the weights, as the tensor instructions read them; of
# formats that are converted first, or packed, registers are not what tells the kernels apart.
_BYTES = {"bf16": (2, 2), "fp16": (2, 2), "fp8_w8a8": (1, 1), "fp8_w8a8_channel": (1, 1),
          "fp8_w8a8_b128x128": (1, 1), "int8_w8a16": (2, 1)}  # fmt: skip
Registers = tuple[int, int]  # gate-up and down GEMM
Key = tuple[str, str]


def held(cell: Cell, config_id: str, registers: Registers) -> tuple[int, ...] | None:
    """Blocks of both GEMMs that a processor holds at once; None for a format without a formula."""
    sizes = _BYTES.get(cell.shape.scheme)
    if sizes is None:
        return None
    config = parse_id(config_id)
    # Tiles are no deeper than a block of scales.
    depth = min(config.block_size_k, 128 if "b128" in cell.shape.scheme else config.block_size_k)
    tile = config.block_size_m * sizes[0] + config.block_size_n * sizes[1]
    shared = tile * depth * config.num_stages
    device = find_device(cell.device)
    return tuple(
        blocks_per_processor(device, config.num_warps, one, shared, None) for one in registers
    )


def registers_of(trials: pd.DataFrame) -> dict[Key, Registers]:
    """By cell and config, of TRIALS that know them."""
    known = trials.dropna(subset=["registers_up", "registers_down"])
    names = zip(*(known[one].tolist() for one in ("cell_id", "config_id")), strict=True)
    ups, downs = (known[one].astype(int).tolist() for one in ("registers_up", "registers_down"))
    pairs = zip(ups, downs, strict=True)
    return dict(zip(names, pairs, strict=True))


def by_format(found: Mapping[Key, Registers]) -> dict[tuple[str, int, str], Registers]:
    """The same by number formats, top_k and config: layers share binaries."""
    out: dict[tuple[str, int, str], Registers] = {}
    for (cell_id, config), registers in sorted(found.items()):
        shape = parse_cell(cell_id).shape
        out.setdefault((shape.scheme, shape.top_k, config), registers)
    return out


def blocks(
    pairs: Iterable[tuple[str, str, str]],
    own: Mapping[Key, Registers],
    op: Mapping[tuple[str, int, str], Registers],
) -> list[str | None]:
    """Of each pair: SAME if both kernels hold either of its configs as often, else OTHER.

    ``pairs``: cell, config and committed config of OP_PAIRS. ``own``: registers of graphx's kernel;
    ``op``: of the runtime's, as ``by_format``. None where registers are not known.
    """
    return [_of_pair(pair, own, op) for pair in pairs]


def _of_pair(
    pair: tuple[str, str, str],
    own: Mapping[Key, Registers],
    op: Mapping[tuple[str, int, str], Registers],
) -> str | None:
    cell = parse_cell(pair[0])
    shape, words = cell.shape, []
    for config in pair[1:]:
        mine = own.get((cell.id, config))
        theirs = op.get((shape.scheme, shape.top_k, config))
        if mine is None or theirs is None or held(cell, config, mine) is None:
            return None
        words.append(held(cell, config, mine) == held(cell, config, theirs))
    return SAME if all(words) else OTHER
