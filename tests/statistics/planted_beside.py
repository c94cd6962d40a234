"""SGLang's operator on cells of the planted agreement: other fixed part, one config slower."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

from scripts.lib.files import write_json
from scripts.lib.schemas.agreement import OP_BESIDE
from scripts.lib.tables import read_table
from scripts.statistics.op_beside import main
from tests.statistics.test_agreement import TRUTH, A, under_op, with_default, written

SLOWER = 1.3  # config A under SGLang, over what the two GEMMs took


def sglang() -> dict[str, dict[str, float]]:
    """Latency by cell and config."""
    own = {
        cell_id: {name: us * (SLOWER if name == A else 1.0) for name, us in by.items()}
        for cell_id, by in TRUTH.items()
    }
    return with_default(under_op(own))


def recordings(root: Path) -> list[str]:
    """Arguments that name planted recordings: SGLang's, vLLM's, the two GEMMs'."""
    beside = written(root / "nvidia_h200-op-sglang", sglang(), 4)
    command = "python -m scripts.runtime.study --plan p --sglang 0.5.23 --ledger l --race"
    runs = [{"command": command, "packages": {"vllm": "0.24.0"}}]
    write_json(beside / "runs.json", {"runs": runs})
    op = written(root / "nvidia_h200-op", with_default(under_op(TRUTH)), 1)
    own = written(root / "own", TRUTH, 2)
    return ["--beside", str(beside), "--op", str(op), "--own", str(own)]


def made() -> pd.DataFrame:
    """OP_BESIDE."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "beside.parquet"
        more = ["--margin", "0.01", "--resamples", "200", "--level", "0.95", "--seed", "1"]
        assert main([*recordings(Path(name)), *more, "--out", str(out)]) == 0
        return read_table(out, OP_BESIDE)
