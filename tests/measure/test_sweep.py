"""The sweep's command line on a machine without a GPU."""

import pytest
import torch

from scripts.lib.schemas.plan import PLAN as PLAN_TABLE
from scripts.lib.tables import write_table
from scripts.measure.sweep import main
from tests.measure.test_cell_run import PLAN


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_it_says_so_and_writes_nothing(tmp_path, capsys):
    write_table(tmp_path / "plan.parquet", PLAN, PLAN_TABLE)
    ledger = tmp_path / "ledger.jsonl"
    assert main(["--plan", str(tmp_path / "plan.parquet"), "--ledger", str(ledger)]) == 2
    assert "recorded" in capsys.readouterr().err
    assert not ledger.exists()


def test_a_truncated_plan_and_an_unknown_cell_are_clear_errors(tmp_path, capsys):
    path = tmp_path / "plan.parquet"
    write_table(path, PLAN, PLAN_TABLE)
    command = ["--plan", str(path), "--ledger", str(tmp_path / "l")]
    assert main([*command, "--cells", "M999"]) == 2
    assert "no cell to measure (--cells M999)" in capsys.readouterr().err
    path.write_bytes(path.read_bytes()[:-100])
    assert main(command) == 2
    assert "plan.parquet: not a readable Parquet file" in capsys.readouterr().err
