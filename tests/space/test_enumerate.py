"""The space of the H200 has the published counts; every rejection has a reason."""

from pathlib import Path

import pytest

from scripts.lib.config import parse_id
from scripts.lib.device import find_device
from scripts.lib.schemas.transfer import SPACE
from scripts.lib.tables import read_table
from scripts.space.enumerate import enumerate_space, main


def test_h200_bf16_has_the_known_counts() -> None:
    frame = enumerate_space(find_device("NVIDIA_H200"), "bf16")
    assert len(frame) == frame["config_id"].nunique() == 1_920
    assert frame["legal"].sum() == 1_304


def test_every_rejected_config_says_why_and_no_legal_one_does() -> None:
    device = find_device("NVIDIA_H200")
    frame = enumerate_space(device, "bf16")
    assert (frame.loc[~frame["legal"], "reason"] == "shared_memory").all()
    assert frame.loc[frame["legal"], "reason"].isna().all()
    assert (frame["legal"] == (frame["shared_bytes"] <= device.shared_bytes)).all()


def test_less_shared_memory_leaves_fewer_configs() -> None:
    ampere = enumerate_space(find_device("NVIDIA_A100-SXM4-80GB"), "bf16").set_index("config_id")
    fits = ampere.loc["M128-N128-K64-G1-W4-S5"]
    assert fits["legal"]
    assert fits["shared_bytes"] == 131_072
    assert not ampere.loc["M128-N256-K128-G1-W8-S3", "legal"]


def test_command_writes_the_same_bytes_twice(tmp_path: Path) -> None:
    for name in ("a", "b"):
        out = str(tmp_path / name)
        assert main(["--device", "NVIDIA_H200", "--scheme", "bf16", "--out", out]) == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    frame = read_table(tmp_path / "a", SPACE)
    assert all(parse_id(config_id).id == config_id for config_id in frame["config_id"])


@pytest.mark.parametrize(
    ("device", "scheme", "message"),
    [
        ("NVIDIA_H20O", "bf16", "unknown device 'NVIDIA_H20O'; nearest: NVIDIA_H20"),
        ("NVIDIA_H200", "bf61", "unknown scheme 'bf61'; nearest: bf16"),
    ],
)
def test_bad_names_end_with_one_clear_line(
    device: str, scheme: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "space.parquet"
    assert main(["--device", device, "--scheme", scheme, "--out", str(out)]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()
