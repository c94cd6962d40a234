"""SGLang's files in a git repository, made on the fly."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.schemas.history import HISTORY, RUNTIME_HISTORY, Reason, SourceKind
from scripts.lib.tables import read_table
from scripts.mine.git import Repository
from scripts.mine.mine import main, read_snapshot
from scripts.mine.runtime_history import runtime_rows
from tests.mine.conftest import ENTRY, FOLDER, H100, Clone, body

CHANNEL = "E=40,N=448,device_name=NVIDIA_L40,dtype=fp8_w8a8,per_channel_quant=True.json"
DOWN = "E=8,N=3584,device_name=NVIDIA_H100_80GB_HBM3_down.json"


def mined(clone: Clone, tmp_path: Path, *options: str) -> tuple[int, Path]:
    out = tmp_path / "out.parquet"
    pin = clone.pin(tmp_path / "pin.yaml")
    given = ["--repo", str(clone.path), "--upstream", str(pin), "--out", str(out), *options]
    return main(given), out


def test_the_layout_tells_whose_files_they_are(clone: Clone, tmp_path: Path) -> None:
    one = body(M1=ENTRY)
    clone.commit_files({f"triton_3_4_0/{name}": one for name in (H100, DOWN, CHANNEL)})
    status, out = mined(clone, tmp_path)
    assert status == 0
    table = read_table(out, RUNTIME_HISTORY).set_index("file")
    assert table.loc[f"triton_3_4_0/{DOWN}", "reason"] == Reason.DOWN_PROJECTION
    assert table.loc[f"triton_3_4_0/{CHANNEL}", "scheme"] == "fp8_w8a8_channel"
    assert set(table["triton_version"]) == {"3.4.0"} and set(table["source"]) == {"git"}
    assert (table["status"] == "config").sum() == 2


def test_a_flat_folder_is_sglangs_where_the_command_says_so(clone: Clone, tmp_path: Path) -> None:
    clone.commit_files({H100: body(M1=ENTRY), DOWN: body(M1=ENTRY)})
    assert mined(clone, tmp_path)[1].exists()
    read_table(tmp_path / "out.parquet", HISTORY)
    _, out = mined(clone, tmp_path, "--runtime", "sglang")
    reasons = read_table(out, RUNTIME_HISTORY).set_index("file")["reason"].dropna()
    assert reasons.to_dict() == {DOWN: Reason.DOWN_PROJECTION}


def test_a_move_into_a_folder_keeps_the_arrival(clone: Clone) -> None:
    added = clone.commit_files({H100: body(M1=ENTRY)})
    moved = clone.commit_files({H100: None, f"triton_3_1_0/{H100}": body(M1=ENTRY)})
    clone.commit_files({CHANNEL: body(M1=ENTRY)})
    snapshot = read_snapshot(Repository(clone.path), clone.upstream)
    row = {r["file"]: r for r in runtime_rows(snapshot, SourceKind.GIT)}[f"triton_3_1_0/{H100}"]
    assert (row["first"], row["last"]) == (added, moved)


def test_the_same_file_of_other_content_is_no_move(clone: Clone) -> None:
    clone.commit_files({H100: body(M1=ENTRY)})
    again = clone.commit_files({H100: None, f"triton_3_1_0/{H100}": body(M2=ENTRY)})
    snapshot = read_snapshot(Repository(clone.path), clone.upstream)
    (row,) = runtime_rows(snapshot, SourceKind.GIT)
    assert row["first"] == again


@pytest.mark.parametrize(
    "files",
    [
        {"E=8,N=64,device_name=NVIDIA_L20_otherserver.json": body(M1=ENTRY)},
        {"README": "no config"},
        {"E=8,N=64,device_name=NVIDIA_L20.json": body(notes=ENTRY)},
        {f"triton_3_1_0/{DOWN}": body(M1=ENTRY)},
    ],
)
def test_nothing_usable_is_no_success(
    files: dict[str, str | bytes | None],
    clone: Clone,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clone.commit_files(files)
    status, out = mined(clone, tmp_path)
    assert status == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "no config was read: all 1 rows are rejected" in error and str(out) in error
    rows = pd.read_parquet(out)  # the reasons are not lost
    assert list(rows["file"]) == list(files) and rows["device"].isna().sum() <= 1


def test_both_places_of_a_folder_are_one_history(clone: Clone, tmp_path: Path) -> None:
    first = clone.commit_files({f"triton_3_1_0/{H100}": body(M1=ENTRY)})
    (clone.path / "moved").mkdir()
    (clone.path / FOLDER).rename(clone.path / "moved" / "configs")
    last = clone.commit_all()
    pin = tmp_path / "pin.yaml"
    pin.write_text(
        f"sglang:\n  url: x\n  path: [{FOLDER}, moved/configs]\n  commit: '{clone.head}'\n"
    )
    out = tmp_path / "out.parquet"
    options = ["--repo", str(clone.path), "--upstream", str(pin), "--out", str(out)]
    assert main([*options, "--runtime", "sglang"]) == 0
    (row,) = read_table(out, RUNTIME_HISTORY).to_dict("records")
    assert (row["first"], row["last"], row["file"]) == (first, last, f"triton_3_1_0/{H100}")
    assert main(options) == 2  # there is no pin of vLLM
