"""Upstream's pruning on ROCm: against a plain reading of its rules, and against what it found."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.formats import SCHEMES
from scripts.lib.config import Config, parse_id
from scripts.lib.device import Vendor, find_device
from scripts.lib.schemas.corpus import SHAPE_KEY, SHAPES
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.space import Rejection
from scripts.lib.shape import Cell, parse_shape
from scripts.lib.tables import read_table
from scripts.space.prune import prune, searched_for_layer
from scripts.space.spaces import published_space
from scripts.space.triples import is_searched

BF16, FP8 = SCHEMES["bf16"], SCHEMES["fp8_w8a8"]
WIDE = published_space(Vendor.AMD, BF16)
NARROW = published_space(Vendor.AMD, FP8)
ROOT = Path(__file__).parents[2]


def tried(config: Config, rows: int, columns: int, depth: int, width: int) -> bool:
    """One GEMM and one config, rule by rule."""
    m, n, k = config.block_size_m, config.block_size_n, config.block_size_k
    group, instruction = config.group_size_m, config.matrix_instr_nonkdim
    large = rows >= 2048 and columns >= 2048
    against = [
        rows * 2 < m and m != 16,
        columns * 2 < n and n != 16,
        depth % k != 0,
        group != 1 and group * m > rows,
        (m + n) * k * width > 65_536,
        m * n < 64,
        large and (min(m, n, k) < 64 or config.num_warps < 4),
    ]
    if instruction is not None:
        against += [
            instruction > (16 if rows < 32 or columns < 32 else 32),
            instruction > m or instruction > n,
            instruction >= rows and instruction != m,
            instruction >= columns and instruction != n,
        ]
    return not any(against)


@settings(max_examples=30)
@given(
    st.sampled_from([1, 2, 8, 16, 17, 31, 32, 64, 100, 1024, 2047, 2048, 8192]),
    st.sampled_from([16, 64, 96, 128, 1792, 3584]),
    st.sampled_from([16, 48, 512, 2048, 4096]),
    st.integers(0, 400),
)
def test_a_layer_is_searched_where_either_gemm_is(
    rows: int, intermediate: int, hidden: int, offset: int
) -> None:
    for space, form, width in ((WIDE, BF16, 2), (NARROW, FP8, 1)):
        some = space.iloc[offset::401]
        kept = searched_for_layer(some, form, rows, intermediate, hidden)
        for config_id, keep in zip(some["config_id"], kept, strict=True):
            config = parse_id(config_id)
            up = tried(config, rows, 2 * intermediate, hidden, width)
            down = tried(config, rows, hidden, intermediate, width)
            assert keep == (up or down), config_id


def test_what_is_searched_for_no_layer() -> None:
    reasons = prune(WIDE, BF16).value_counts()
    assert reasons.to_dict() == {
        Rejection.INSTRUCTION_OVER_TILE: 7_200,
        Rejection.LDS_OVER_64K: 7_040,
    }
    assert prune(NARROW, FP8).value_counts().to_dict() == {Rejection.LDS_OVER_64K: 720}


def test_small_and_large_problems_leave_few_configs() -> None:
    sizes = [searched_for_layer(WIDE, BF16, rows, 3584, 4096).sum() for rows in (2, 256, 32_768)]
    assert 0 < sizes[0] < sizes[1]
    assert 0 < sizes[2] < sizes[1]


@pytest.fixture(scope="module")
def committed(corpus: Path) -> pd.DataFrame:
    """MI300X's committed configs with their shape."""
    rows = read_table(ROOT / "data/recorded/history.parquet", HISTORY)
    rows = rows[(rows["device"] == "AMD_Instinct_MI300X") & (rows["status"] == "config")]
    key = [*SHAPE_KEY, "scheme"]
    return rows.merge(read_table(corpus / "shapes.parquet", SHAPES)[[*key, "shape_id"]], on=key)


def test_what_upstream_committed_for_the_mi300x_is_what_it_searched(
    committed: pd.DataFrame,
) -> None:
    device = find_device("AMD_Instinct_MI300X")
    outside = [
        f"{row['file']} M={row['batch']}: {row['config_id']}"
        for row in committed.to_dict("records")
        if not is_searched(
            row["config_id"],
            Cell(device.name, parse_shape(row["shape_id"]), row["batch"]),
            device,
        )
    ]
    assert len(committed) == 612
    assert not outside, outside
