"""G1: target configs are byte-identical to their upstream blobs."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.claims.blobs import LAYOUTS, judge_blobs, rebuild
from scripts.lib.blob import blob_id
from tests.claims.conftest import DEVICE, HISTORY_FILE, Study

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "upstream" / "vllm.git"
TARGETS = [DEVICE, "AMD_Instinct_MI300X"]


def findings(study: Study, **changed: object) -> list[str]:
    one = dataclasses.replace(study, **changed)  # type: ignore[arg-type]
    judged = judge_blobs(HISTORY_FILE, one.history, one.triples, one.coverage, one.every, TARGETS)
    return list(judged.findings)


def test_the_recorded_configs_are_upstream_s(study: Study) -> None:
    assert findings(study) == []


def test_rebuilt_files_are_the_real_ones(study: Study) -> None:
    if not REAL.is_dir():
        pytest.skip("no copy of the upstream history at ../shared/upstream/vllm.git")
    own = study.history[study.history["device"].isin(TARGETS)]
    files = {str(rows["blob_id"].iloc[0]): rebuild(rows) for _, rows in own.groupby("file")}
    asked = "".join(f"{blob}\n" for blob in files).encode()
    command = ["git", "-C", str(REAL), "cat-file", "--batch"]
    answer = subprocess.run(command, input=asked, capture_output=True, check=True).stdout
    for blob, content in files.items():
        assert content is not None
        head = f"{blob} blob {len(content)}\n".encode()
        assert head + content + b"\n" in answer


def plant(study: Study, column: str, value: object) -> tuple[pd.DataFrame, str]:
    """The history with one value of one H200 row changed, and that row's file."""
    history = study.history.copy()
    row = history.index[(history["device"] == DEVICE) & (history["batch"] == 64)][0]
    history.loc[row, column] = value
    return history, str(history.loc[row, "file"])


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("entry", '{"BLOCK_SIZE_K":64,"BLOCK_SIZE_M":16,"BLOCK_SIZE_N":64,"GROUP_SIZE_M":64,'
                  '"num_stages":5,"num_warps":8}', "in no layout hash to blob_id"),
        ("blob_id", "0" * 40, "in no layout hash to blob_id"),
        ("position", 99, "in no layout hash to blob_id"),
        ("config_id", "M16-N64-K64-G64-W8-S5", "config_id is M16-N64-K64-G64-W8-S5"),
    ],
)  # fmt: skip
def test_an_edited_history_is_found(study: Study, column: str, value: object, says: str) -> None:
    history, file = plant(study, column, value)
    found = findings(study, history=history)
    assert any(file in one and says in one for one in found)


def test_a_row_left_out_is_found(study: Study) -> None:
    history, file = plant(study, "batch", 64)
    dropped = history[~((history["file"] == file) & (history["batch"] == 64))]
    assert any(file in one and "blob_id" in one for one in findings(study, history=dropped))


def test_an_edited_triple_is_found(study: Study) -> None:
    triples = study.triples.copy()
    row = triples.index[triples["target"] == DEVICE][0]
    triples.loc[row, "target_config_id"] = "M16-N64-K64-G64-W8-S5"
    (found,) = findings(study, triples=triples)
    assert "target_config_id is M16-N64-K64-G64-W8-S5" in found


def test_another_committed_config_in_the_cells_is_found(study: Study) -> None:
    bad = study.every[0].cells.copy()
    bad.loc[bad.index[0], "committed_id"] = "M16-N64-K64-G64-W8-S5"
    every = [dataclasses.replace(study.every[0], cells=bad), *study.every[1:]]
    (found,) = findings(study, every=every)
    assert str(bad["cell_id"].iloc[0]) in found
    assert "cells.parquet" in found


def test_a_target_without_files_is_found(study: Study) -> None:
    judged = judge_blobs(
        HISTORY_FILE, study.history, study.triples, study.coverage, [], ["NVIDIA_H2000"]
    )
    assert "no file of NVIDIA_H2000" in judged.findings[0]


@given(st.sampled_from(LAYOUTS), st.integers(1, 9), st.integers(1, 9))
def test_every_layout_is_told_from_another_content(layout, stages, other):  # type: ignore[no-untyped-def]
    entry = {"BLOCK_SIZE_M": 16, "BLOCK_SIZE_N": 32, "num_stages": stages}
    rows = pd.DataFrame(
        {
            "position": [0], "batch": [1], "triton_version": [None],
            "entry": [str(entry | {"num_stages": other}).replace("'", '"')],
            "blob_id": [blob_id(layout.render(None, [(1, entry)]))],
        }
    )  # fmt: skip
    assert (rebuild(rows) is not None) == (stages == other)
