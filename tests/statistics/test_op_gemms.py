"""GEMMs timed one by one beside the verdicts of their pairs."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.agreement import OP_GEMMS, OP_PAIRS
from scripts.lib.tables import read_table, write_table
from scripts.statistics import op_gemms
from tests.report import planted_agreement


def line(pair: pd.Series, config: str, scope: str, up: float | None) -> str:
    about = {"cell_id": pair["cell_id"], "config_id": config, "scope": scope, "weights": "warm"}
    return json.dumps(about | {"us": 50.0, "up_us": up, "down_us": 10.0, "rest_us": 2.0})


def test_a_ratio_is_of_the_sums_of_both_gemms(tmp_path):
    pairs, _ = planted_agreement.made()
    pair = pairs.iloc[2]
    config, committed = pair["config_id"], pair["committed_id"]
    times, table, out = (tmp_path / name for name in ("t.jsonl", "pairs.parquet", "o.parquet"))
    lines = [line(pair, config, "op", 20.0), line(pair, committed, "op", 15.0),
             line(pair, config, "two_gemm", None), line(pair, committed, "two_gemm", 15.0)]  # fmt: skip # noqa: E501
    times.write_text("\n".join(lines) + "\n")
    write_table(table, pairs, OP_PAIRS)
    arguments = ["--pairs", str(table), "--out", str(out)]
    assert op_gemms.main([*arguments, "--times", str(times)]) == 0
    (row,) = read_table(out, OP_GEMMS).to_dict("records")
    assert (row["cell_id"], row["config_id"]) == (pair["cell_id"], config)
    assert row["op_warm"] == pytest.approx((20 + 10) / (15 + 10))
    assert pd.isna(row["two_gemm_warm"])  # one of its GEMMs is not known
    assert pd.isna(row["op_cold"])
    assert op_gemms.main(arguments) == 0
    assert read_table(out, OP_GEMMS).empty


def test_a_line_of_something_else_is_refused(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"cell_id": "a"}\n')
    with pytest.raises(InputError, match=r"t.jsonl:1: is no line of scripts.runtime.kernel_times"):
        op_gemms.read([tmp_path / "t.jsonl"])
