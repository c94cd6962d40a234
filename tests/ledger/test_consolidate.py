"""From ledger to tables: nothing added, nothing lost, and the record is what its ledger says."""

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.ledger.consolidate import consolidate, main, trials
from scripts.lib.chain import Chain, read_chain
from scripts.lib.files import InputError, sha256
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.tables import read_table
from tests.measure.bench import CELL, CONFIGS, Bench

RECORDED = Path("data/recorded/measured")


def test_tables_hold_what_the_ledger_holds(tmp_path):
    bench = Bench(tmp_path, {CONFIGS[5]: "raise"}, anchors_us=(12.1,))
    bench.run()
    consolidate([bench.ledger], tmp_path / "out")
    table = read_table(tmp_path / "out/trials.parquet", TRIALS)
    attempts = {body["config_id"]: body for body in bench.attempts}
    assert len(table) == len(attempts) == len(CONFIGS)
    for row in table.itertuples():
        body = attempts[row.config_id]
        assert (row.outcome, row.order) == (body["outcome"], body["order"])
        if row.outcome == "correct":
            assert row.median_us == body["median_us"]
            assert row.anchor_us == pytest.approx(12.1)
            assert [row.registers_up, row.registers_down] == body["registers"]
            assert [row.spills_up, row.spills_down] == body["spills"]
    cell = read_table(tmp_path / "out/cells.parquet", CELLS).iloc[0]
    assert (cell["E"], cell["N"], cell["K"], cell["top_k"], cell["tokens"]) == (8, 256, 512, 2, 4)
    assert cell["roofline_us"] == pytest.approx(1e6 / 4.3e12 * 1e6)
    finals = read_table(tmp_path / "out/finals.parquet", FINALS)
    assert finals["round"].nunique() == 10
    runs = json.loads((tmp_path / "out/runs.json").read_text())["runs"]
    assert [run["ended"] for run in runs] == [bench.of("end")[0]["ended"]]


def test_the_same_ledger_gives_the_same_bytes(tmp_path):
    bench = Bench(tmp_path)
    bench.run()
    for name in ("a", "b"):
        consolidate([bench.ledger], tmp_path / name)
    names = [path.name for path in sorted((tmp_path / "a").iterdir())]
    assert [sha256(tmp_path / "a" / n) for n in names] == [
        sha256(tmp_path / "b" / n) for n in names
    ]


def test_the_anchor_follows_drift_but_not_one_odd_run():
    line = {"cell_id": CELL, "run_id": "r"}
    us = 100 + np.arange(15.0)
    us[7] = 300.0  # the committed config in another mode, once
    anchors = [
        {"kind": "anchor", **line, "order": 10 * n, "median_us": value, "samples": 3}
        for n, value in enumerate(us)
    ]
    attempts = [
        {
            "kind": "attempt", **line, "config_id": config, "order": 10 * n, "outcome": "correct",
            "median_us": 50.0, "gpu_seconds": 0.1, "samples": 6,
            "registers": [64, 64], "spills": [0, 0],
        }
        for n, config in enumerate(CONFIGS)
    ]  # fmt: skip
    anchor = trials([*anchors, *attempts])["anchor_us"].to_numpy()
    np.testing.assert_allclose(anchor[4:11], 100 + np.arange(4.0, 11.0), atol=1.01)


def test_an_attempt_in_the_ledger_twice_is_an_error(tmp_path):
    bench = Bench(tmp_path)
    bench.run()
    chain = Chain(bench.ledger)
    chain.append(bench.attempts[0])
    chain.close()
    with pytest.raises(InputError, match="two attempts of"):
        consolidate([bench.ledger], tmp_path / "out")


def test_an_edited_ledger_is_no_input(tmp_path, capsys):
    bench = Bench(tmp_path)
    bench.run()
    text = bench.ledger.read_text()
    at = text.index('"median_us":1') + len('"median_us":1')
    bench.ledger.write_text(text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :])
    assert main(["--ledger", str(bench.ledger), "--out", str(tmp_path / "out")]) == 2
    assert "was edited after it was written" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not RECORDED.exists(), reason="the record is not restored: make restore")
@pytest.mark.parametrize(
    ("dataset", "killed"),
    # With -9, while recording; formats: three that found nothing left to measure.
    [("nvidia_h200-bf16", 3), ("nvidia_h200-bf16-repeat", 0), ("nvidia_h200-formats", 3)],
)
def test_the_recorded_tables_are_what_the_recorded_ledger_says(tmp_path, dataset, killed):
    ledger = RECORDED / dataset / "ledger.columns.xz"
    consolidate([ledger], tmp_path)
    for path in sorted(tmp_path.iterdir()):
        assert sha256(path) == sha256(RECORDED / dataset / path.name), path.name
    kinds = [body["kind"] for body in read_chain(ledger)]
    assert kinds.count("run") - kinds.count("end") == killed
