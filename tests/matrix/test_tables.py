"""The tables of a judged matrix, held against a plain computation from its record."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from scripts.lib.tables import read_table
from scripts.matrix import judge
from scripts.matrix.tables import dense_bytes, expert_bytes
from tests.matrix.conftest import Ran
from tests.matrix.test_levels import plain_noise


@pytest.fixture(scope="module")
def rows(ran: Ran) -> judge.Rows:
    return judge.rows_of(ran.path)


def test_every_cell_and_level_has_its_row(ran: Ran, rows: judge.Rows) -> None:
    assert [row["cell"] for row in rows["matrix_cells"]] == list(ran.judged)
    assert len(rows["matrix_levels"]) == 7 * len(ran.judged)
    assert {row["device"] for row in rows["matrix_cells"]} == {"NVIDIA_H200"}


def test_numbers_are_lower_quartiles_over_the_baselines(ran: Ran, rows: judge.Rows) -> None:
    found = {(row["cell"], row["metric"]): row for row in rows["matrix_numbers"]}
    tg = {name: np.percentile(ran.record.seen(f"small/{name}", "performance")["tg"]["16"], 25)  # type: ignore[index]
          for name in ("baseline", "again-1", "again-2", "moe=marlin")}  # fmt: skip
    row = found["small/moe=marlin", "tg16"]
    boots = [tg[name] for name in ("baseline", "again-1", "again-2")]
    mean = float(np.exp(np.mean(np.log(boots))))
    assert row["value"] == tg["moe=marlin"]
    assert row["ratio"] == pytest.approx(tg["moe=marlin"] / mean)
    assert row["floor"] == pytest.approx(np.expm1(plain_noise(boots)), abs=1e-9)
    assert row["low"] <= row["value"] <= row["high"]


def test_features_are_judged_by_their_criteria(rows: judge.Rows) -> None:
    found = {row["feature"]: row for row in rows["matrix_features"]}
    assert found["moe=marlin"]["outcome"] == "met"
    assert found["moe=marlin"]["value"] == pytest.approx(0.8, rel=0.01)
    assert found["inputs=fp8"]["outcome"] == "not_supported"
    assert found["graphs=off"]["outcome"] == "not_judged"


def test_shares_of_a_step_come_to_all_of_it(rows: judge.Rows) -> None:
    mine = [row for row in rows["matrix_kernels"] if row["cell"] == "small/baseline"]
    assert sum(row["share"] for row in mine) == pytest.approx(1)
    (step,) = [row for row in rows["matrix_steps"] if row["cell"] == "small/baseline"]
    assert step["experts_us"] == pytest.approx(
        sum(row["us"] for row in mine if row["part"] == "experts")
    )
    assert step["busy_us"] + step["idle_us"] == pytest.approx(step["span_us"])


def test_bytes_of_experts_are_those_of_the_chosen_ones() -> None:
    gpt_oss = {"hidden_size": 2880, "intermediate_size": 2880, "num_experts_per_tok": 4,
               "num_hidden_layers": 24, "quantization_config": {"quant_method": "mxfp4"},
    }  # fmt: skip
    # 17/32 of a byte a weight: sixteen bytes of codes and one of scale for thirty-two.
    assert expert_bytes(gpt_oss) == 24 * 4 * 3 * 2880 * 2880 * 17 / 32
    assert expert_bytes({"n_embd": 8}) == 0
    assert expert_bytes(
        {**gpt_oss, "quantization_config": {"quant_method": "compressed-tensors"}}
    ) == (24 * 4 * 3 * 2880 * 2880 / 2)


def test_dense_bytes_are_those_of_every_projection() -> None:
    config = {"hidden_size": 2880, "head_dim": 64, "num_attention_heads": 64,
              "num_key_value_heads": 8, "num_local_experts": 32, "num_hidden_layers": 24,
              "vocab_size": 201_088}  # fmt: skip
    query, keys, router = 2880 * 64 * 64, 2880 * 64 * 8, 2880 * 32
    layer = (
        query + 2 * keys + query + router
    )  # and the output's projection, as large as the query's
    assert dense_bytes(config) == 2 * (24 * layer + 2880 * 201_088)
    assert dense_bytes({"n_embd": 8}) == 0


def test_a_steps_bound_is_what_the_memory_needs(rows: judge.Rows) -> None:
    for row in rows["matrix_steps"]:
        moved = row["experts_bytes"] + row["dense_bytes"]
        assert row["bound_us"] == pytest.approx(moved / 4.8e12 * 1e6)
        assert row["gpus"] == 1


def test_tables_are_written_also_without_a_record(tmp_path: Path) -> None:
    assert judge.main(["--out", str(tmp_path)]) == 0
    for name, table in judge.TABLES.items():
        assert read_table(tmp_path / f"{name}.parquet", table).empty


def test_level_five_fires_on_what_is_planted_and_on_nothing_else(rows: judge.Rows) -> None:
    found = [(row["planted"], row["fired"], row["word"]) for row in rows["matrix_checks"]]
    assert found == [
        *[("nothing", False, "passed")] * 3, ("slower", True, "failed"), ("heavier", True, "failed")
    ]  # fmt: skip


def test_a_criterion_within_the_noise_is_not_decided(rows: judge.Rows) -> None:
    from scripts.matrix.levels.noise import Noise
    from scripts.matrix.switches import Criterion
    from scripts.matrix.tables import _met
    from tests.matrix.small_run import small_run

    marlin = small_run().judged["small/moe=marlin"]
    mean = marlin.metrics["tg16"]
    wide = t.ppf(0.975, 5) * 0.03 * (1 + 1 / 3) ** 0.5
    for limit, outcome in ((0.5, "not_met"), (0.95, "undecided"), (1.05, "undecided"), (2, "met")):
        found = _met(marlin, Noise(mean, 0.03, 5, 3), Criterion("tg16", limit))
        assert (found["value"], found["outcome"]) == (1.0, outcome)
        assert np.log([found["low"], found["high"]]) == pytest.approx([-wide, wide])
    one = _met(marlin, Noise(mean, math.inf, 0, 1), Criterion("tg16", 9.0))
    assert one["outcome"] == "undecided" and one["low"] is None


def test_what_was_foretold_of_a_slowed_engine_stands_beside_what_came(
    ran: Ran, rows: judge.Rows
) -> None:
    found = {
        (row["cell"], row["metric"]): row for row in judge.slowed_of(ran.path)["matrix_slowed"]
    }
    slow, same = found["small/attention=TRITON_ATTN", "tg16"], found["small/again-1", "tg16"]
    assert (slow["slowed"], slow["foretold"], slow["found"], slow["boots"]) == (True, 1.25, True, 3)
    assert slow["ratio"] == pytest.approx(1.3, rel=0.01)
    numbers = {(row["cell"], row["metric"]): row for row in rows["matrix_numbers"]}
    assert slow["floor"] == numbers["small/attention=TRITON_ATTN", "tg16"]["floor"]
    assert (same["slowed"], same["foretold"], same["found"], same["boots"]) == (
        False,
        None,
        False,
        2,
    )
    assert not found["small/attention=TRITON_ATTN", "step_gpu"]["found"]
    assert found["small/graphs=off", "tg16"]["foretold"] is None


def test_without_a_record_of_them_no_engine_was_slowed(ran: Ran, tmp_path: Path) -> None:
    judge.write([ran.path], tmp_path)
    assert read_table(tmp_path / "matrix_slowed.parquet", judge.TABLES["matrix_slowed"]).empty
    judge.write([], tmp_path, slowed=[ran.path])
    assert len(read_table(tmp_path / "matrix_slowed.parquet", judge.TABLES["matrix_slowed"])) > 9
