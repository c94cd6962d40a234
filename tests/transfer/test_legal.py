"""Reading the legal space, and the errors where there is none."""

from pathlib import Path

import numpy as np
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.space import SPACE
from scripts.lib.tables import write_table
from scripts.transfer.legal import LegalSpace, coordinates, read_legal
from tests.transfer.study import CONFIGS, DEVICE, space_frame


def test_only_legal_configs_are_read_and_their_order_is_fixed(tmp_path: Path) -> None:
    frame = space_frame(CONFIGS[::-1])
    frame.loc[3, "legal"] = False
    write_table(tmp_path / "space", frame, SPACE)
    rejected = CONFIGS[::-1][3]
    expected = tuple(config for config in sorted(CONFIGS) if config != rejected)
    assert read_legal(tmp_path / "space", DEVICE, "bf16").configs == expected


@pytest.mark.parametrize(
    ("device", "scheme", "message"),
    [
        ("NVIDIA_H20", "bf16", "unknown device in .* 'NVIDIA_H20'; nearest: NVIDIA_H200"),
        (DEVICE, "fp16", "unknown scheme in .* 'fp16'; nearest: bf16"),
    ],
)
def test_names_that_the_table_lacks(device: str, scheme: str, message: str, tmp_path: Path) -> None:
    write_table(tmp_path / "space", space_frame(), SPACE)
    with pytest.raises(InputError, match=message):
        read_legal(tmp_path / "space", device, scheme)


def test_a_space_without_a_legal_config(tmp_path: Path) -> None:
    write_table(tmp_path / "space", space_frame().assign(legal=False), SPACE)
    with pytest.raises(InputError, match="no legal config for NVIDIA_H200 and bf16"):
        read_legal(tmp_path / "space", DEVICE, "bf16")


def test_an_id_that_is_no_config(tmp_path: Path) -> None:
    write_table(tmp_path / "space", space_frame().assign(config_id="M1"), SPACE)
    with pytest.raises(InputError, match="column config_id: missing key"):
        read_legal(tmp_path / "space", DEVICE, "bf16")


def test_a_truncated_table(tmp_path: Path) -> None:
    write_table(tmp_path / "space", space_frame(), SPACE)
    (tmp_path / "space").write_bytes((tmp_path / "space").read_bytes()[:-9])
    with pytest.raises(InputError, match="not a readable Parquet file"):
        read_legal(tmp_path / "space", DEVICE, "bf16")


def test_coordinates_are_doublings() -> None:
    assert np.array_equal(coordinates([CONFIGS[0]]), [[4.0, 6.0, 6.0, 0.0, 2.0, 1.0]])
    assert LegalSpace([]).coordinates.shape == (0, 6)
