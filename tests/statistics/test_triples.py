"""Every triple into the measured GPU has a verdict, or the reason why it has none."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.judging.decision import LOSS, TIE, WIN
from scripts.lib.schemas.corpus import SHAPES, TRIPLES
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.schemas.triples import TRIPLE_VERDICTS
from scripts.lib.tables import read_table, write_table
from scripts.statistics.pairwise import compare_finalists
from scripts.statistics.triples import (
    carried,
    compare_choices,
    judge_triples,
    main,
    with_verdict,
)
from tests.statistics.study import CONFIGS, DEVICE, SOURCES, TOKENS, Study
from tests.statistics.study import SHAPES as LAYERS

NVIDIA, AMD = SOURCES
VENDOR_KEYS = "-E0-I16-P2"


def corpus(drawn: Study, chosen: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """TRIPLES and SHAPES of the study: ``chosen`` is each source's config, the same everywhere."""
    committed = drawn.cells.set_index("cell_id")["committed_id"]
    (device,) = drawn.cells["device"].unique()
    key = {"dtype": "", "block_shape": "", "backend": "", "scheme": "bf16"}
    shapes = [
        key | {"E": e, "N": n, "K": k, "top_k": t, "shape_id": f"E{e}-N{n}-K{k}-top{t}-bf16"}
        for e, n, k, t in LAYERS
    ]
    triples = [
        {name: shape[name] for name in (*key, "E", "N")}
        | {
            "source": source,
            "target": device,
            "batch": tokens,
            "source_config_id": config,
            "target_config_id": committed[f"{device}/{shape['shape_id']}/M{tokens}"],
            "source_file": f"{source}.json",
            "target_file": f"{device}.json",
            "gap_days_last": 1.0,
            "gap_days_first": 2.0,
            "source_reachable": True,
            "target_reachable": True,
            "identical": False,
        }
        for shape in shapes
        for tokens in TOKENS
        for source, config in chosen.items()
    ]
    known = {"model": "m", "split": "tp", "degree": 1, "assumed": False, "alternatives": ""}
    extra = known | {"files": 1, "rows": 4, "first_seen": pd.Timestamp("2026-01-01", tz="UTC")}
    return (
        pd.DataFrame(triples).reindex(columns=TRIPLES.names),
        pd.DataFrame([shape | extra for shape in shapes])[SHAPES.names],
    )


def judged(drawn: Study, chosen: dict[str, str]) -> pd.DataFrame:
    triples, shapes = corpus(drawn, chosen)
    pairs, _ = compare_finalists(drawn.finals, drawn.cells, 0.01, 0.95)
    rows = carried(triples, shapes, DEVICE)
    found = compare_choices(rows, drawn.trials, drawn.cells, pairs)
    return with_verdict(judge_triples(rows, drawn.trials, found, drawn.cells), 0.01)


def test_verdicts_agree_with_the_true_latencies(drawn: Study) -> None:
    table = judged(drawn, {NVIDIA: CONFIGS[0]})
    committed = dict(zip(drawn.cells["cell_id"], drawn.cells["committed_id"], strict=True))
    checked = 0
    for row in table.itertuples():
        if row.outcome != "correct":
            continue
        truth = drawn.truth[row.cell_id, CONFIGS[0]] / drawn.truth[row.cell_id, row.committed_id]
        assert row.committed_id == committed[row.cell_id]
        if abs(truth - 1) > 0.03:
            assert row.verdict == (WIN if truth < 1 else LOSS)
            checked += 1
    assert checked > 5
    assert len(table) == len(LAYERS) * len(TOKENS)


def test_keys_of_the_other_vendor_are_dropped_and_the_file_s_config_is_kept(drawn: Study) -> None:
    row = judged(drawn, {AMD: CONFIGS[0] + VENDOR_KEYS}).iloc[0]
    assert (row["source_config_id"], row["carried_id"]) == (CONFIGS[0] + VENDOR_KEYS, CONFIGS[0])


def test_a_copy_of_the_committed_config_ties_by_identity(drawn: Study) -> None:
    committed = str(drawn.cells["committed_id"].iloc[0])
    table = judged(drawn, {NVIDIA: committed})
    same = table[table["carried_id"] == table["committed_id"]]
    assert len(same)
    assert set(same["evidence"]) == {"same"}
    assert set(same["verdict"]) == {TIE}


def test_a_copy_that_failed_is_a_loss_with_its_reason(drawn: Study) -> None:
    failed = drawn.trials[drawn.trials["outcome"] == "runtime_error"]
    cell_id, config = failed[["cell_id", "config_id"]].iloc[0]
    row = judged(drawn, {NVIDIA: config}).set_index("cell_id").loc[cell_id]
    assert (row["verdict"], row["reason"], row["evidence"]) == (LOSS, "copy_failed", "none")
    assert pd.isna(row["ratio"])


def test_what_was_not_measured_has_no_verdict(drawn: Study) -> None:
    table = judged(drawn, {NVIDIA: "M256-N256-K64-G1-W8-S3"})
    assert set(table["reason"]) == {"not_measured"}
    assert table["verdict"].isna().all()


def test_without_a_correct_committed_config_there_is_no_verdict(drawn: Study) -> None:
    cell = drawn.cells.iloc[0]
    own = (drawn.trials["cell_id"] == cell["cell_id"]) & (
        drawn.trials["config_id"] == cell["committed_id"]
    )
    trials = drawn.trials.assign(
        outcome=drawn.trials["outcome"].mask(own, "mismatch"),
        anchor_us=drawn.trials["anchor_us"].mask(drawn.trials["cell_id"] == cell["cell_id"]),
    )
    finals = drawn.finals[drawn.finals["cell_id"] != cell["cell_id"]]
    ran = trials[(trials["cell_id"] == cell["cell_id"]) & (trials["outcome"] == "correct")]
    triples, shapes = corpus(drawn, {NVIDIA: str(ran["config_id"].iloc[0])})
    pairs, _ = compare_finalists(finals, drawn.cells, 0.01, 0.95)
    rows = carried(triples, shapes, DEVICE)
    found = compare_choices(rows, trials, drawn.cells, pairs)
    table = with_verdict(judge_triples(rows, trials, found, drawn.cells), 0.01)
    row = table.set_index("cell_id").loc[cell["cell_id"]]
    assert row["reason"] == "committed_failed"
    assert pd.isna(row["verdict"])


def test_another_committed_config_than_was_measured_is_named(drawn: Study) -> None:
    triples, shapes = corpus(drawn, {NVIDIA: CONFIGS[0]})
    triples["target_config_id"] = CONFIGS[-1]
    rows = carried(triples, shapes, DEVICE)
    pairs, _ = compare_finalists(drawn.finals, drawn.cells, 0.01, 0.95)
    found = compare_choices(rows, drawn.trials, drawn.cells, pairs)
    with pytest.raises(InputError, match="another committed"):
        judge_triples(rows, drawn.trials, found, drawn.cells)


def test_main_writes_the_table(drawn: Study, tmp_path: Path) -> None:
    triples, shapes = corpus(drawn, dict.fromkeys(SOURCES, CONFIGS[0]))
    frames = {
        "triples": (triples, TRIPLES),
        "shapes": (shapes, SHAPES),
        "trials": (drawn.trials, TRIALS),
        "cells": (drawn.cells, CELLS),
        "finals": (drawn.finals, FINALS),
    }
    folder = tmp_path / "drawn"
    argv = []
    for name, (frame, schema) in frames.items():
        write_table(folder / f"{name}.parquet", frame, schema)
        argv += [f"--{name}", str(folder / f"{name}.parquet")]
    assert main([*argv, "--out", str(tmp_path / "out.parquet")]) == 0
    found = read_table(tmp_path / "out.parquet", TRIPLE_VERDICTS)
    assert len(found) == len(LAYERS) * len(TOKENS) * len(SOURCES)
    assert set(found["dataset"]) == {"drawn"}
