"""How many blocks of either kernel's GEMM a processor holds, and which pairs differ in that."""

from __future__ import annotations

import pandas as pd
import pytest

from scripts.lib.shape import parse_cell
from scripts.statistics.op_causes import OTHER, SAME, blocks, by_format, held, registers_of

CELL = "NVIDIA_H200/E16-N1024-K5120-top1-fp8_w8a8/M1024"
LARGE, WIDE = "M128-N128-K128-G1-W8-S3", "M128-N256-K128-G1-W8-S4"
# Of 65,536 registers: 8 warps of 32 threads take 128 each twice, 193 once.
OWN, RUNTIME = (193, 190), (128, 127)


@pytest.mark.parametrize(("registers", "expected"), [(OWN, (1, 1)), (RUNTIME, (2, 2))])
def test_registers_decide_where_shared_memory_would_hold_two(registers, expected):
    assert held(parse_cell(CELL), LARGE, registers) == expected


def test_shared_memory_decides_where_it_holds_one_block_alone():
    # (128 + 256) * 128 bytes in four stages: one of two would take 384 KiB.
    assert held(parse_cell(CELL), WIDE, (128, 128)) == (1, 1)


def test_a_tile_is_no_deeper_than_a_block_of_scales():
    cell = parse_cell("NVIDIA_H200/E16-N1024-K5120-top1-fp8_w8a8_b128x128/M64")
    deep, plain = (f"M64-N128-K{k}-G1-W4-S4" for k in (256, 128))
    assert held(cell, deep, (64, 64)) == held(cell, plain, (64, 64))
    assert held(parse_cell(CELL.replace("fp8_w8a8", "int4_w4a16")), plain, (64, 64)) is None


def trials(**registers: tuple[int, int]) -> pd.DataFrame:
    rows = [{"cell_id": CELL, "config_id": name.replace("_", "-"), "registers_up": up,
             "registers_down": down} for name, (up, down) in registers.items()]  # fmt: skip
    return pd.DataFrame([*rows, rows[0] | {"config_id": "unknown", "registers_up": None}])


def test_a_pair_is_other_if_either_config_is_held_otherwise_and_unknown_without_registers():
    def pair(config: str, committed: str) -> tuple[str, str, str]:
        return CELL, config, committed

    own = registers_of(trials(**{LARGE.replace("-", "_"): OWN, WIDE.replace("-", "_"): (241, 239)}))
    assert own == {(CELL, LARGE): OWN, (CELL, WIDE): (241, 239)}
    op = by_format({(CELL.replace("M1024", "M512"), LARGE): RUNTIME, (CELL, WIDE): (254, 254)})
    found = blocks([pair(WIDE, LARGE), pair(LARGE, WIDE), pair(WIDE, WIDE),
                    pair(LARGE, "M16-N64-K128-G1-W4-S3")], own, op)  # fmt: skip
    assert found == [OTHER, OTHER, SAME, None]


def test_binaries_are_shared_by_layers_of_one_format_and_top_k():
    other = CELL.replace("top1", "top2")
    assert by_format({(CELL, LARGE): OWN, (other, LARGE): RUNTIME}) == {
        ("fp8_w8a8", 1, LARGE): OWN,
        ("fp8_w8a8", 2, LARGE): RUNTIME,
    }
