"""Proposed files as a maintainer would get them: rows, table, and the loader's own words."""

from __future__ import annotations

import json

import pytest

from scripts.export.proposals import README, main, said_by_loader, write
from scripts.lib.config import parse_id
from scripts.lib.files import InputError, read_json, sha256
from scripts.lib.schemas.health import HEALTH
from scripts.lib.shape import BATCH_LADDER
from scripts.lib.tables import write_table
from tests.report.planted_health import made
from tests.statistics.planted_health import COMMITTED, DEVICE, FAST, TRITON, WHOLE, written

RUN = {
    "packages": {"triton": TRITON, "vllm": "0.24.0", "torch": "2.11.0"},
    "gpu": {"name": "NVIDIA H200", "driver": "580"},
}


def path_below(folder):
    return folder / DEVICE / WHOLE.removesuffix(".json") / WHOLE


def test_a_file_holds_the_changed_rows_and_all_others_as_committed(tmp_path):
    table, _ = made()
    assert write(table, {"op": RUN}, {}, tmp_path / "out") == [path_below(tmp_path / "out")]
    body = read_json(path_below(tmp_path / "out"))
    assert body.pop("triton_version") == TRITON
    assert [int(key) for key in body] == list(BATCH_LADDER)
    mine = table[table["file"] == WHOLE].set_index("tokens")["proposed_id"]
    assert body == {str(m): parse_id(mine[m]).to_entry() for m in BATCH_LADDER}
    assert body["64"] == parse_id(FAST).to_entry()
    assert body["128"] == parse_id(COMMITTED).to_entry()


def test_the_readme_tells_what_maintainers_ask_for(tmp_path):
    table, _ = made()
    write(table, {"op": RUN}, {}, tmp_path)
    text = (path_below(tmp_path).parent / README).read_text()
    assert "Retunes 3 of 18 batch sizes" in text
    row = table[(table["file"] == WHOLE) & (table["tokens"] == 64)].iloc[0]
    assert f"| 64 | {COMMITTED} | {row.committed_us:.1f} |" in text
    assert f"{row.gain:.3f} ({row.gain_low:.3f}-{row.gain_high:.3f})" in text
    assert "| 128 |" in text
    assert text.count("as committed |") == 15
    for which in ("changed", "left as committed"):
        assert f"the worst row {which} stands at " in text
    assert "vLLM 0.24.0" in text
    assert "Read by vLLM's loader: not asked." in text
    assert "python -m scripts.runtime.study" in text


def test_the_loaders_words_stand_beside_exactly_the_text_that_it_was_given(tmp_path):
    table, _ = made()
    (path,) = write(table, {"op": RUN}, {}, tmp_path / "first")
    line = f"Using configuration from $VLLM_TUNED_CONFIG_FOLDER/{WHOLE} for MoE layer."
    row = {"file": WHOLE, "sha256": sha256(path), "line": line, "taken": True, "vllm": "0.24.0"}
    told = tmp_path / "loaded.jsonl"
    told.write_text(json.dumps(row) + "\n")
    inputs = tmp_path / "health.parquet"
    write_table(inputs, table, HEALTH)
    runs = written(tmp_path / "op") / "runs.json"
    arguments = ["--health", str(inputs), "--runs", str(runs), "--said", str(told)]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    assert f"`{line}`" in (path_below(tmp_path / "out").parent / README).read_text()
    told.write_text(json.dumps(row | {"sha256": "0" * 64}) + "\n")
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    assert "not asked." in (path_below(tmp_path / "out").parent / README).read_text()


def test_what_lay_there_goes_and_a_line_of_others_is_refused(tmp_path):
    table, _ = made()
    (tmp_path / "out" / "old").mkdir(parents=True)
    write(table.assign(in_proposal=False), {}, {}, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    (tmp_path / "loaded.jsonl").write_text('{"file": "x"}\n')
    with pytest.raises(InputError, match=r"loaded.jsonl:1: is no line of scripts.runtime.loaded"):
        said_by_loader([tmp_path / "loaded.jsonl"])
