"""Counts by stage and reason, and samples against their representatives."""

from pathlib import Path

import pandas as pd

from kernels.formats import SCHEMES
from scripts.lib.device import find_device
from scripts.lib.schemas.space import COMPILED, SPACE, SPACE_COUNTS, SPACE_SAMPLE
from scripts.lib.tables import read_table, write_table
from scripts.space.counts import count_spaces, main
from scripts.space.enumerate import enumerate_space
from scripts.space.sample import compare_samples
from tests.space.test_enumerate import BF16, H200, binary, invented


def counts_of(frame: pd.DataFrame, compiled: pd.DataFrame) -> dict[tuple[str, str], int]:
    rows = count_spaces([frame], compiled)
    return dict(zip(zip(rows["quantity"], rows["key"], strict=True), rows["value"], strict=True))


def test_counts_of_an_invented_space() -> None:
    found = counts_of(enumerate_space(H200, BF16, invented()), invented())
    assert found["enumerated", ""] == 1_920
    assert found["prefiltered", ""] == 1_304
    assert found["naive_formula", ""] == 1_248
    assert found["legal", ""] == 4  # one representative, four group sizes
    assert found["reason", "shared_memory"] == 616 + 4
    assert sum(n for (name, _), n in found.items() if name == "reason") == 1_920 - 4
    assert (found["binaries", "compiled"], found["binaries", "drawn"]) == (6, 1)
    assert found["triton", "3.6.0"] == 7
    assert ("pruned", "") not in found


def test_pruning_is_counted_where_there_is_any() -> None:
    frame = enumerate_space(find_device("MI300X"), SCHEMES["int4_w4a16"], invented())
    found = counts_of(frame, invented())
    assert found["pruned", ""] == 40_000 - 7_200 - 7_040
    assert ("naive_formula", "") not in found


def test_a_prefilter_that_is_wrong_would_show() -> None:
    over = pd.DataFrame([*invented().to_dict("records"), binary("M256-N256-K256-G1-W4-S5")])
    found = counts_of(enumerate_space(H200, BF16, over), over)
    assert (found["whole_space", "rejected"], found["whole_space", "accepted"]) == (1, 1)


def test_samples_against_representatives() -> None:
    plain = "M16-N32-K64-G1-W4-S2"
    rows = [
        binary(plain),
        binary("M16-N32-K64-G16-W4-S2", drawn=True),
        binary(plain, gemm="down", drawn=True, registers=70, spills=2, shared_bytes=1000),
        binary("M16-N64-K64-G1-W4-S2", outcome="compile_error", registers=None, spills=None,
               shared_bytes=None),
        binary("M16-N64-K64-G16-W4-S2", drawn=True, registers=60),
        binary("M256-N256-K256-G1-W4-S5", drawn=True),  # refused by formula: not a sample
    ]  # fmt: skip
    table = compare_samples(pd.DataFrame(rows, columns=COMPILED.names)).set_index("differs")
    group, down = table.loc["GROUP_SIZE_M=16"], table.loc["down GEMM"]
    assert (group["binaries"], group["legality"], group["registers"]) == (2, 1, 1)
    assert (down["binaries"], down["legality"], down["shared"], down["registers"]) == (1, 1, 0, 0)
    assert (down["largest_shared"], down["largest_registers"], down["largest_spills"]) == (24, 6, 2)
    assert len(table) == 2


def test_recorded_representatives_stand_for_legality_and_shared_memory(
    compiled: pd.DataFrame,
) -> None:
    table = compare_samples(compiled)
    assert table["binaries"].sum() > 500
    for column in ("legality", "shared"):
        assert table[column].sum() >= 0.99 * table["binaries"].sum(), column
    groups = table[table["differs"].str.startswith("GROUP_SIZE_M")]
    for column in ("registers", "spills"):
        assert groups[column].sum() >= 0.9 * groups["binaries"].sum(), column


def test_command(tmp_path: Path) -> None:
    write_table(tmp_path / "compiled", invented(), COMPILED)
    write_table(tmp_path / "space", enumerate_space(H200, BF16, invented()), SPACE)
    arguments = ["--spaces", tmp_path / "space", "--compiled", tmp_path / "compiled"]
    arguments += ["--out", tmp_path / "counts", "--out-sample", tmp_path / "sample"]
    assert main([str(argument) for argument in arguments]) == 0
    assert (read_table(tmp_path / "counts", SPACE_COUNTS)["device"] == "NVIDIA_H200").all()
    assert read_table(tmp_path / "sample", SPACE_SAMPLE).empty
