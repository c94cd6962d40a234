"""The table of a space: stages in order, a reason for every rejection, facts where compiled."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from kernels.formats import SCHEMES
from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.schemas.space import COMPILED, FACT_NAMES, SPACE, Rejection, Stage
from scripts.lib.tables import read_table, write_table
from scripts.space.enumerate import enumerate_space, main
from scripts.space.judge import read_compiled

H200 = find_device("NVIDIA_H200")
BF16 = SCHEMES["bf16"]


def binary(config_id: str, **more: object) -> dict[str, object]:
    """A COMPILED row, of a small binary that compiled if nothing else is said."""
    row: dict[str, object] = {
        "arch": "sm_90", "scheme": "bf16", "config_id": config_id, "gemm": "up", "drawn": False,
        "outcome": "correct", "reason": None, "shared_bytes": 1024, "registers": 64, "spills": 0,
        "occupancy": 4, "tensor_ops": 8, "global_ops": 9, "shared_ops": 10, "instructions": 90,
        "triton": "3.6.0", "kernel_hash": "0" * 64,
    }  # fmt: skip
    return row | more


FAILED = dict.fromkeys(FACT_NAMES)
INVENTED = [
    binary("M16-N32-K64-G1-W4-S2"),
    binary("M16-N32-K64-G1-W4-S3", shared_bytes=300_000),
    binary("M16-N32-K64-G1-W4-S4", outcome="compile_error", reason="PassManager", **FAILED),
    binary("M16-N32-K64-G1-W4-S5", outcome="compile_error", reason="died: SIGABRT", **FAILED),
    binary("M16-N32-K64-G1-W8-S2", outcome="timeout", reason="hung: 120 s", **FAILED),
    binary("M16-N32-K64-G1-W8-S3", drawn=True),
    binary("M16-N32-K64-G1-W8-S4", gemm="down"),
]
SAID = {
    "M16-N32-K64-G16-W4-S2": None,
    "M16-N32-K64-G16-W4-S3": Rejection.SHARED_MEMORY,
    "M16-N32-K64-G16-W4-S4": Rejection.COMPILE_ERROR,
    "M16-N32-K64-G16-W4-S5": Rejection.COMPILER_CRASH,
    "M16-N32-K64-G16-W8-S2": Rejection.COMPILER_HANG,
    "M16-N32-K64-G16-W8-S3": Rejection.NOT_COMPILED,
    "M16-N32-K64-G16-W8-S4": Rejection.NOT_COMPILED,
}


def invented() -> pd.DataFrame:
    return pd.DataFrame(INVENTED, columns=COMPILED.names)


@pytest.mark.parametrize(("config_id", "reason"), SAID.items())
def test_what_the_compiler_said_of_the_representative(
    config_id: str, reason: Rejection | None
) -> None:
    row = enumerate_space(H200, BF16, invented()).set_index("config_id").loc[config_id]
    assert row["legal"] == (reason is None)
    if reason is None:
        assert pd.isna(row["stage"]) and pd.isna(row["reason"])
        assert row["compiled_as"] == "M16-N32-K64-G1-W4-S2"
        assert (row["registers"], row["instructions"]) == (64, 90)
    else:
        assert (row["stage"], row["reason"]) == (Stage.COMPILER, reason)


def test_every_rejection_has_a_stage_and_a_reason_of_the_closed_lists() -> None:
    for device, scheme in ((H200, "bf16"), (find_device("MI300X"), "fp8_w8a8_b128x128")):
        frame = enumerate_space(device, SCHEMES[scheme], invented())
        rejected = frame[~frame["legal"]]
        assert set(rejected["stage"]) <= set(Stage)
        assert set(rejected["reason"]) <= set(Rejection)
        assert frame.loc[frame["legal"], ["stage", "reason"]].isna().all(axis=None)


def test_upstreams_pruning_comes_first() -> None:
    frame = enumerate_space(find_device("MI300X"), BF16, invented()).set_index("config_id")
    pruned = frame.loc["M256-N256-K256-G1-W4-S2-E0-I16-P1"]
    assert (pruned["stage"], pruned["reason"]) == (Stage.PRUNE, Rejection.LDS_OVER_64K)
    assert pruned["least_shared_bytes"] == 512 * 256 * 2


def test_recorded_space_of_the_h200_is_what_was_measured(compiled: pd.DataFrame) -> None:
    frame = enumerate_space(H200, BF16, compiled)
    assert len(frame) == frame["config_id"].nunique() == 1_920
    assert frame["legal"].sum() == 1_304
    assert (frame.loc[~frame["legal"], "reason"] == Rejection.SHARED_MEMORY).all()


def test_nothing_that_passes_formulas_is_left_uncompiled(compiled: pd.DataFrame) -> None:
    for arch, scheme in compiled[["arch", "scheme"]].drop_duplicates().itertuples(index=False):
        mine = compiled[(compiled["arch"] == arch) & (compiled["scheme"] == scheme)]
        if len(mine) < 300:
            continue  # committed configs alone
        device = next(d for d in map(find_device, TARGETS) if d.arch == arch)
        frame = enumerate_space(device, SCHEMES[scheme], compiled)
        assert not (frame["reason"] == Rejection.NOT_COMPILED).any(), (arch, scheme)


TARGETS = ("A100-SXM4-80GB", "H200", "B200", "MI300X", "MI350X")


def test_gpus_of_one_architecture_have_one_space(compiled: pd.DataFrame) -> None:
    one, other = (
        enumerate_space(find_device(name), BF16, compiled).drop(columns="device")
        for name in ("H200", "H20")
    )
    assert one.equals(other)


def test_a_smaller_limit_leaves_fewer_configs(compiled: pd.DataFrame) -> None:
    smaller = replace(H200, shared_bytes=100 * 1024)
    full, less = (enumerate_space(device, BF16, compiled) for device in (H200, smaller))
    assert less["legal"].sum() < full["legal"].sum()
    assert not (less["legal"] & ~full["legal"]).any()


def test_command_writes_the_same_bytes_twice(tmp_path: Path) -> None:
    write_table(tmp_path / "compiled", invented(), COMPILED)
    for name in ("a", "b"):
        arguments = ["--target", "NVIDIA_H200=bf16,fp16", "--compiled", str(tmp_path / "compiled")]
        assert main([*arguments, "--out", str(tmp_path / name)]) == 0
    for scheme in ("bf16", "fp16"):
        name = f"NVIDIA_H200-{scheme}.parquet"
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
        assert read_table(tmp_path / "a" / name, SPACE)["scheme"].unique() == [scheme]


def test_a_binary_in_two_tables_is_an_error(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_table(tmp_path / name, invented(), COMPILED)
    with pytest.raises(InputError, match=r"sm_90, bf16: M16-N32-K64-G1-W4-S2 \(up\) is in two"):
        read_compiled([tmp_path / "a", tmp_path / "b"])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("NVIDIA_H20O=bf16", "unknown device 'NVIDIA_H20O'; nearest: NVIDIA_H20"),
        ("NVIDIA_H200=bf61", "unknown scheme 'bf61'; nearest: bf16"),
    ],
)
def test_bad_names_end_with_one_clear_line(
    target: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(tmp_path / "compiled", invented(), COMPILED)
    arguments = ["--target", target, "--compiled", str(tmp_path / "compiled")]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
