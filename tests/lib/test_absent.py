"""A remedy is offered only where it helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.lib.absent import not_found
from scripts.lib.schemas.space import SPACE
from scripts.lib.tables import InputError, read_table


def said(path: str) -> str:
    return str(not_found(Path(path)))


def test_recorded_files_are_restored() -> None:
    assert said("data/recorded/history.parquet").endswith("`make restore` fetches recorded data")


def test_the_plan_of_a_measurement_is_made() -> None:
    assert said("build/live/plan.parquet").endswith("not found; `make plan` builds it")


def test_derived_files_are_built() -> None:
    found = said("/somewhere/graphx/results/tables/statistics/rates.parquet")
    assert found.endswith("`make results/tables/statistics/rates.parquet` builds it")
    assert "restore" not in found


def test_a_space_that_no_target_names_can_be_compiled() -> None:
    found = said("results/tables/space/NVIDIA_H20-3e-fp8_w8a8_channel.parquet")
    assert "space.targets" in found
    assert "scripts.tune.run --plan" in found
    assert "restore" not in found


def test_the_users_own_path_is_only_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "mine.parquet", SPACE)
    assert str(caught.value) == f"{tmp_path / 'mine.parquet'}: not found; name a file that is there"
