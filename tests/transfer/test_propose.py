"""Proposals by example and by property, and the command."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.config import Config, parse_id
from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.space import SPACE
from scripts.lib.schemas.transfer import PROPOSALS
from scripts.lib.shape import BATCH_LADDER, Cell, Shape
from scripts.lib.tables import read_table, write_table
from scripts.transfer.committed_files import History
from scripts.transfer.propose import main, parse_shapes, propose
from tests.transfer.study import (
    CONFIGS,
    DEVICE,
    LEGAL,
    SHAPE,
    filled,
    history_row,
    space_frame,
    with_none,
)

H200 = find_device(DEVICE)
MI300X = "AMD_Instinct_MI300X"
AMD_CONFIG = Config(16, 16, 128, 4, 4, 2, waves_per_eu=0, matrix_instr_nonkdim=16, kpack=1)
ROWS = [
    history_row(DEVICE, 1, CONFIGS[0], 0),
    history_row(DEVICE, 64, CONFIGS[1], 1),
    history_row(MI300X, 1, AMD_CONFIG),
    history_row("NVIDIA_B200", 1, CONFIGS[2]),
]


def test_each_cell_names_committed_default_and_every_source() -> None:
    frame = propose([SHAPE], H200, History(filled(HISTORY, ROWS)), LEGAL)
    assert list(frame["cell_id"].unique()) == [Cell(DEVICE, SHAPE, m).id for m in BATCH_LADDER]
    cell = frame[frame["cell_id"] == Cell(DEVICE, SHAPE, 48).id]
    columns = ["strategy", "source", "config_id"]
    found = [tuple(row) for row in with_none(cell)[columns].to_numpy()]
    assert found == [
        ("S1", MI300X, "M16-N16-K128-G4-W4-S2"),
        ("S1", "NVIDIA_B200", CONFIGS[2].id),
        ("S2", MI300X, "M16-N64-K128-G1-W4-S2"),
        ("S2", "NVIDIA_B200", CONFIGS[2].id),
        ("committed", None, CONFIGS[1].id),
        ("default", None, "M32-N64-K128-G1-W4-S3"),
    ]
    assert list(cell["file"].iloc[[0, 4]]) == [
        f"E=8,N=3584,device_name={MI300X}.json",
        f"E=8,N=3584,device_name={DEVICE}.json",
    ]


def test_a_layer_nobody_tuned_has_the_default_alone() -> None:
    frame = propose([Shape(9, 1, 1, 1, "bf16")], H200, History(filled(HISTORY, ROWS)), LEGAL)
    assert set(frame["strategy"]) == {"default"}
    assert len(frame) == len(BATCH_LADDER)


def test_a_shape_given_twice_is_proposed_once() -> None:
    once = propose([SHAPE], H200, History(filled(HISTORY, ROWS)), LEGAL)
    assert propose([SHAPE, SHAPE], H200, History(filled(HISTORY, ROWS)), LEGAL).equals(once)


def test_a_scheme_whose_heuristic_is_not_known_has_no_default() -> None:
    frame = propose([Shape(8, 1, 1, 1, "int8_w8a8")], H200, History(filled(HISTORY, ROWS)), LEGAL)
    assert frame.empty


sizes = st.sampled_from([16, 32, 64, 128, 256])
GPUS = ("AMD_Instinct_MI300X", "NVIDIA_A100-SXM4-80GB", "NVIDIA_B200", "NVIDIA_H20")
sources = st.builds(
    Config, sizes, sizes, sizes, st.integers(1, 64), st.integers(1, 16), st.integers(1, 8),
    waves_per_eu=st.none() | st.integers(0, 4), kpack=st.none() | st.integers(1, 2),
)  # fmt: skip


@settings(max_examples=25)
@given(st.lists(sources, min_size=1, max_size=4))
def test_every_s2_proposal_is_legal_and_no_s1_keeps_a_key_of_amd(configs: list[Config]) -> None:
    rows = [history_row(name, 1, config) for name, config in zip(GPUS, configs, strict=False)]
    frame = propose([SHAPE], H200, History(filled(HISTORY, rows)), LEGAL)
    legal = {config.id for config in LEGAL.configs}
    assert set(frame.loc[frame["strategy"] == "S2", "config_id"]) <= legal
    copied = frame.loc[frame["strategy"] == "S1", "config_id"].map(parse_id)
    assert len(copied) == len(configs) * len(BATCH_LADDER)
    assert all(config == config.without_vendor_keys() for config in copied)


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    write_table(tmp_path / "history", filled(HISTORY, ROWS), HISTORY)
    write_table(tmp_path / "space", space_frame(), SPACE)
    return [
        "--history", str(tmp_path / "history"), "--space", str(tmp_path / "space"),
        "--device", DEVICE, "--shapes", SHAPE.id, "--out", str(tmp_path / "out"),
    ]  # fmt: skip


def test_command_writes_the_same_bytes_twice(arguments: list[str], tmp_path: Path) -> None:
    assert main(arguments) == 0
    once = (tmp_path / "out").read_bytes()
    assert main(arguments) == 0
    assert (tmp_path / "out").read_bytes() == once
    assert len(read_table(tmp_path / "out", PROPOSALS)) == 6 * len(BATCH_LADDER)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--device", "NVIDIA_H2OO"], "unknown device 'NVIDIA_H2OO'; nearest: .*NVIDIA_H200"),
        (["--device", "NVIDIA_H20"], "unknown device in"),
        (["--shapes", "E8-N3584"], "'E8-N3584' is not a shape id"),
        (["--shapes", "E8-N3584-K4096-top2-bf61"], "unknown scheme in .* 'bf61'; nearest: bf16"),
        (["--history", "nowhere.parquet"], "nowhere.parquet: not found"),
    ],
)
def test_bad_arguments_end_with_one_clear_line(
    change: list[str],
    message: str,
    arguments: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*arguments, *change]) == 2
    error = capsys.readouterr().err
    assert re.fullmatch(f"error: .*{message}.*\n", error)
    assert not (tmp_path / "out").exists()


def test_shapes_of_two_schemes_are_refused() -> None:
    with pytest.raises(InputError, match="one scheme at a time, given bf16, fp16"):
        parse_shapes([SHAPE.id, "E8-N3584-K4096-top2-fp16"])
