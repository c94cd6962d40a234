"""The registry says what lies in data/recorded, and refuses what it does not know."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from scripts.lib.columns import SUFFIX, read_rows
from scripts.lib.files import InputError, read_json, read_yaml
from scripts.lib.recordings import (
    GPU_OUT,
    LAYER_OUT,
    YAML,
    Recording,
    finals_of,
    measured_devices,
    parse,
    recordings,
    studies,
)
from scripts.lib.teaching import Teaching

RECORDED = Path("data/recorded")
ENTRY = {"name": "a", "role": "complete", "device": "NVIDIA_H200", "scope": "two_gemm"}
AGAIN = {**ENTRY, "name": "b", "role": "repeat", "repeats": "a"}
CHECK = {"name": "x", "role": "correctness", "scope": "two_gemm"}


def test_every_recording_is_registered() -> None:
    places = {Path(one.path).parent for one in recordings()}
    manifest = [line.split("  ")[1] for line in (RECORDED / "SHA256SUMS").read_text().splitlines()]
    there = {path for path in map(Path, manifest) if {path.parent, path.parent.parent} & places}
    listed = {Path(one.path) for one in recordings()}
    assert {next((p for p in (one, one.parent) if p in listed), one) for one in there} == listed


def runs_of(one: Recording) -> list[dict[str, Any]]:
    """What the ledgers say of their runs: beside the tables made of them, or in their own lines."""
    if (Path(one.path) / "runs.json").exists():
        found: list[dict[str, Any]] = read_json(Path(one.path) / "runs.json")["runs"]
        return found
    bodies: list[dict[str, Any]] = []
    for path in map(Path, one.ledger_paths):
        if path.name.endswith(SUFFIX):
            rows = read_rows(path)
            bodies += [dict(zip(r.keys, map(json.loads, r.values), strict=True)) for r in rows]
        else:
            with lzma.open(path, "rt", encoding="utf-8") as lines:
                bodies += [json.loads(line)["body"] for line in lines]
    runs = [body for body in bodies if body["kind"] == "run"]
    return [run | {"gpu": {"device": run["plan"]["device"]}} for run in runs]


@pytest.mark.parametrize(
    "one", [one for one in recordings() if one.kernels], ids=lambda one: f"{one.role}-{one.name}"
)
def test_its_kernels_are_those_of_its_runs(one: Recording) -> None:
    runs = runs_of(one)
    assert list(one.kernels) == list(dict.fromkeys(run["kernel_hash"] for run in runs))
    assert {run["gpu"]["device"] for run in runs} == {one.device}


def test_roles_and_devices_choose_in_the_order_of_the_registry() -> None:
    names = [one["name"] for one in read_yaml(YAML) if one["role"] in ("complete", "corpus")]
    assert [one.name for one in recordings("corpus", "complete")] == names
    assert recordings("complete", device="AMD_Instinct_MI300X") == []
    assert set(measured_devices()) == {one.device for one in recordings("complete", "corpus")}
    with pytest.raises(InputError, match="unknown role 'complet'; nearest: complete"):
        recordings("complet")


def test_ledgers_stand_beside_the_tables() -> None:
    (one,) = parse([{**ENTRY, "ledgers": ["l-1.xz", "l-2.xz"]}], YAML)
    assert one.ledger_paths == [f"data/recorded/measured/a/l-{n}.xz" for n in (1, 2)]
    assert parse([CHECK], YAML)[0].ledger_paths == []


def test_a_study_says_what_taught_it() -> None:
    study = {**ENTRY, "role": "study"}
    warm, cold = parse([study, {**study, "name": "c", "teaching": "gpu_out"}], YAML)
    assert (warm.teaching, cold.teaching) == (LAYER_OUT, GPU_OUT)
    assert parse([ENTRY], YAML)[0].teaching is None
    assert {Teaching(one) for one in (LAYER_OUT, GPU_OUT)} < set(Teaching)
    assert {one.name for one in finals_of(studies(LAYER_OUT))} == {"nvidia_h200-study-finals"}


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([{**ENTRY, "teaching": "gpu_out"}], "a: teaching: the role study, and no other, has it"),
        ([{**ENTRY, "role": "study", "teaching": "gpu"}], "a: unknown teaching 'gpu'"),
        ({"a": ENTRY}, "a list of recordings is wanted"),
        ([{**ENTRY, "rolle": "x"}], "a: unknown key 'rolle'; nearest: role"),
        ([{**ENTRY, "role": "complet"}], "a: unknown role 'complet'; nearest: complete"),
        ([{**ENTRY, "scope": "layr"}], "a: unknown scope 'layr'; nearest: layer"),
        ([{**ENTRY, "device": "NVIDIA_H2OO"}], "unknown device 'NVIDIA_H2OO'"),
        ([{**ENTRY, "kernels": "abc"}], "a: kernels: a list of names in quotes"),
        ([{**ENTRY, "name": 7}], "7: name: 7 is no name"),
        ([{"name": "a", "role": "complete"}], "a: lacks the key scope"),
        ([{**CHECK, "role": "cost"}], "x: lacks the key device"),
        ([ENTRY, ENTRY], "a: data/recorded/measured/a is listed twice"),
        ([AGAIN], "b: repeats"),
        ([ENTRY, {**AGAIN, "role": "corpus"}], "b: the roles repeat, finals, rerun, and no others"),
        ([{**ENTRY, "role": "repeat"}], "a: the roles repeat, finals, rerun, and no others"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_named(entries: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(entries, YAML)
    assert said in str(caught.value)
