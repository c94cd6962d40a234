"""data/croissant.json is what is recorded, and a reader of Croissant takes its records by it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow.parquet as pq
import pytest

from scripts.export import croissant
from scripts.lib.files import InputError, sha256
from scripts.lib.recordings import recordings
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.spec import LOCK

COMMITTED = Path("data/croissant.json")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return croissant.described(croissant.recorded_files())


@pytest.fixture(scope="module")
def read() -> mlcroissant.Dataset:
    return mlcroissant.Dataset(jsonld=COMMITTED)


def test_the_committed_description_is_the_one_of_what_is_recorded(tmp_path):
    assert not croissant.main(["--out", str(tmp_path / "again.json")])
    assert (tmp_path / "again.json").read_bytes() == COMMITTED.read_bytes(), "make record"


def test_it_is_valid_and_complete(read):
    issues = read.metadata.ctx.issues
    assert not issues.errors
    assert not issues.warnings
    assert len(read.metadata.record_sets) == len({one.id for one in read.metadata.record_sets})
    assert {one.sha256 for one in read.metadata.file_objects} >= set(
        croissant.read_manifest().values()
    )


@pytest.mark.parametrize("name", ["history", "correctness", "registered", "trials"])
def test_a_tables_records_are_read_by_it(read, name):
    """Its first row through mlcroissant is the first one of one of its files."""
    (files,) = (one.includes for one in read.metadata.file_sets if one.id == f"{name}-files")
    row = {
        key.partition("/")[2]: value.decode() if isinstance(value, bytes) else value
        for key, value in next(iter(read.records(name))).items()
    }
    firsts = [next(pq.ParquetFile(COMMITTED.parent / one).iter_batches(1)).to_pylist()[0]
              for one in files]  # fmt: skip
    assert all(set(row) == set(first) for first in firsts)
    texts = [key for key, value in firsts[0].items() if isinstance(value, str)]
    assert texts
    assert {key: row[key] for key in texts} in [{k: one[k] for k in texts} for one in firsts]


def test_fields_are_those_of_the_schema(made):
    (trials,) = (one for one in made["recordSet"] if one["name"] == "trials")
    fields = {one["name"].partition("/")[2]: one for one in trials["field"]}
    assert list(fields) == TRIALS.names
    for column in TRIALS.columns:
        assert fields[column.name]["description"] == column.doc
    assert fields["samples"]["dataType"] == "sc:Integer"
    assert fields["outcome"]["dataType"] == "sc:Text"


def test_files_bear_their_hash_and_what_they_are(made):
    by_name = {one["name"]: one for one in made["distribution"]}
    one = by_name["recorded/peaks/nvidia_h200.json"]
    assert one["sha256"] == sha256(Path("data/recorded/peaks/nvidia_h200.json"))
    assert one["description"] == "peaks, NVIDIA_H200, " + next(
        str(r.scope) for r in recordings("peaks")
    )
    assert by_name["trials-files"]["includes"] == sorted(
        name for name in by_name if name.endswith("/trials.parquet")
    )


def test_another_gpu_is_in_as_soon_as_it_is_registered(made, monkeypatch):
    other = dataclasses.replace(recordings("peaks")[0], device="NVIDIA_H100_80GB_HBM3")
    monkeypatch.setattr(croissant, "recordings", lambda: [*recordings(), other])
    files = croissant.recorded_files()
    found = croissant.described(
        {k: v for k, v in files.items() if "measured/nvidia_h200-bf16" in k}
    )
    assert "NVIDIA_H100_80GB_HBM3" in found["keywords"]
    assert "NVIDIA_H100_80GB_HBM3 and NVIDIA_H200" in found["description"]
    assert "NVIDIA_H100_80GB_HBM3" not in made["keywords"]


def test_what_cannot_be_described_is_named():
    with pytest.raises(InputError, match="lacks a section 'Protocol'"):
        croissant.section("# Data\n", "Protocol")
    with pytest.raises(InputError, match="cannot be read"):
        croissant.described({LOCK.with_suffix(".parquet").as_posix(): "0"})
    assert "power limit" in json.dumps(
        croissant.section(croissant.README.read_text(), "Known limits")
    )
