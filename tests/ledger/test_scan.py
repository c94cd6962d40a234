"""The scan as a whole: broken chains are named by their line; what was not touched passes."""

import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.ledger.archive import archive
from scripts.ledger.scan import main, report
from scripts.lib.chain import read_chain
from tests.ledger.forging import PLAN, forge, found, lines_of
from tests.ledger.noisy import Noisy
from tests.measure.bench import CONFIGS, Bench
from tests.measure.scripted import ScriptedGpu

RECORDED = sorted(Path("data/recorded/measured").glob("*/ledger.columns.xz"))


def test_an_untouched_ledger_passes_and_is_counted(honest, capsys):
    bodies = list(read_chain(honest))
    assert main(["--ledger", str(honest), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    attempts = len(lines_of(bodies, kind="attempt"))
    assert printed["findings"] == []
    assert printed["ledgers"] == [
        {
            "ledger": honest.as_posix(), "lines": len(bodies), "runs": 2, "attempts": attempts,
            "cells": len(lines_of(bodies, kind="cell")), "findings": 0,
            "began": {"NVIDIA_H200": min(one["started"] for one in bodies if one["kind"] == "run")},
        }
    ]  # fmt: skip
    assert attempts > len(PLAN)  # superseded ones are lines too


def edit(lines, old, new):
    lines[9] = lines[9].replace(old, new, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda lines: edit(lines, '","prev"', '", "prev"'), "line"),
        (lambda lines: edit(lines, '"run_id":"N', '"run_id":"M'), "body"),
        (lambda lines: lines.pop(9), "prev"),
        (lambda lines: lines.insert(9, lines[4]), "line"),
        (lambda lines: lines.insert(9, lines[9].replace("NVIDIA", "NVIDIB")), "line"),
        (lambda lines: lines.insert(9, "a note"), "line"),
    ],
    ids=["unreadable", "edited", "deleted", "added", "added-edited", "added-text"],
)
def test_a_broken_chain_is_named_by_its_line(honest, tmp_path, change, field):
    lines = honest.read_text().splitlines()
    change(lines)
    ledger = tmp_path / "l.jsonl"
    ledger.write_text("\n".join(lines) + "\n")
    links = {one for one in found(ledger) if one[1] in ("line", "body", "prev")}
    assert links == {(10, field)}


def test_a_torn_line_is_named(honest, tmp_path, capsys):
    ledger = tmp_path / "l.jsonl.xz"
    ledger.write_bytes(lzma.compress(honest.read_bytes()[:-9]))
    last = len(honest.read_text().splitlines())
    assert main(["--ledger", str(ledger)]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{ledger}:{last}: line: torn: its writer was killed; run the sweep")


def test_every_finding_is_listed_not_the_first_alone(honest, tmp_path):
    lines = honest.read_text().splitlines()
    for n in (12, 5, 20):
        lines[n] = lines[n].replace('"cell_id":"NVIDIA', '"cell_id":"NVIDIB')
    ledger = tmp_path / "l.jsonl"
    ledger.write_text("\n".join(lines) + "\n")
    assert {(6, "body"), (13, "body"), (21, "body")} <= found(ledger)


def test_a_ledger_that_is_not_there_is_bad_input(tmp_path, capsys):
    assert main(["--ledger", str(tmp_path / "none.jsonl")]) == 2
    assert "not found" in capsys.readouterr().err


@pytest.mark.skipif(not RECORDED, reason="the record is not restored: make restore")
def test_recorded_ledgers_pass(tmp_path):
    """The smallest two; the committed summary holds what the build's scan found in all of them."""
    out, smallest = tmp_path / "ledger.json", sorted(RECORDED, key=lambda path: path.stat().st_size)
    assert main(["--ledger", *map(str, smallest[:2]), "--out", str(out)]) == 0
    ledgers = json.loads(out.read_text())["ledgers"]
    assert [one["ledger"] for one in ledgers] == [path.as_posix() for path in smallest[:2]]
    assert all(one["attempts"] > 50 and one["findings"] == 0 for one in ledgers)
    committed = json.loads(Path("results/summary.json").read_text())["ledger"]
    assert set(committed) >= {path.parent.name for path in RECORDED}
    assert all(one["attempts"] > 50 and one["findings"] == 0 for one in committed.values())


@settings(max_examples=8)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from([0, 3, 9, 2**62]),
            st.sampled_from(["NVIDIA_H200", "NVIDIA_H100_80GB_HBM3"]),
            st.sampled_from(["GPU-1", "GPU-2"]),
            st.sampled_from(["two_gemm", "layer"]),
        ),
        min_size=1,
        max_size=4,
    ),
    faults=st.dictionaries(st.sampled_from(CONFIGS), st.sampled_from(["raise", "die"]), max_size=2),
    seed=st.integers(0, 99),
)
def test_whatever_sweeps_wrote_passes(tmp_path_factory, steps, faults, seed):
    bench = Bench(tmp_path_factory.mktemp("sweeps"), faults)
    bench.make = Noisy(bench.script, seed)
    for trials, device, uuid, scope in steps:
        gpu = ScriptedGpu(device=device, uuid=f"{device}-{uuid}")
        bench.run(PLAN, gpus=[gpu], trials=trials, scope=scope)
    assert report([bench.ledger])["findings"] == []


@pytest.mark.parametrize("change", [lambda body: None, lambda body: body.update(run_id="other")])
def test_archives_and_processes_change_no_finding(honest, tmp_path, change):
    """Of one ledger that was tampered with and one that repeats another's values."""
    broken = forge(honest, tmp_path / "broken.jsonl", lambda bodies: change(bodies[12]))
    ledgers = [honest, broken]
    packed = []
    for n, ledger in enumerate(ledgers):
        packed.append(tmp_path / f"{n}.columns.xz")
        archive(ledger, packed[-1])
    lines, serial = report(ledgers), report(packed)
    assert lines["findings"]
    assert report(packed, processes=2) == serial
    assert report(ledgers, processes=2) == lines
    text = json.dumps(serial)
    for path, ledger in zip(packed, ledgers, strict=True):
        text = text.replace(path.as_posix(), ledger.as_posix())
    assert json.loads(text) == lines


def test_ledgers_that_share_nothing_are_scanned_side_by_side(honest, tmp_path):
    with_fault = forge(honest, tmp_path / "f.jsonl", lambda bodies: bodies[0].pop("gpu"))
    one = tmp_path / "one.jsonl"
    one.write_text(honest.read_text().splitlines(keepends=True)[0])
    assert report([one, with_fault], processes=2) == report([one, with_fault])
    assert report([one, with_fault])["findings"]
