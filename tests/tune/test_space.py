"""Where the legal configs come from: a table, a GPU of the same architecture, or the compiler."""

from __future__ import annotations

import pytest

from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.schemas.space import SPACE
from scripts.lib.tables import read_table, write_table
from scripts.tune.space import open_space
from tests.tune.conftest import DEVICE


def test_a_table_that_is_there_is_taken(world, tmp_path):
    space = open_space(find_device(DEVICE), "bf16", world.where.spaces, tmp_path)
    assert space.origin == "table" and len(space.legal) > 1000
    assert not any(tmp_path.iterdir())


def test_a_gpu_of_the_same_architecture_has_the_same_space(world, tmp_path):
    kin = find_device("NVIDIA_H100_PCIe")
    space = open_space(kin, "bf16", world.where.spaces, tmp_path)
    assert space.origin == "kin"
    own = open_space(find_device(DEVICE), "bf16", world.where.spaces, tmp_path)
    assert space.legal.configs == own.legal.configs
    assert set(space.facts["arch"]) == {"sm_90"}
    assert open_space(kin, "bf16", world.where.spaces, tmp_path).legal.configs


def test_an_empty_space_is_an_error_that_names_the_table(world, tmp_path):
    table = read_table(world.where.spaces / f"{DEVICE}-bf16.parquet", SPACE)
    write_table(tmp_path / f"{DEVICE}-bf16.parquet", table.assign(legal=False), SPACE)
    with pytest.raises(InputError, match=r"bf16.parquet: no legal config for NVIDIA_H200"):
        open_space(find_device(DEVICE), "bf16", tmp_path, tmp_path)
