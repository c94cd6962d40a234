"""G6: a registration is older than the first run on its GPU, whole, and judged as it was locked."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from scripts.claims.registered import first_run, judge_registered
from scripts.lib.files import sha256, write_json
from scripts.lib.registration import entries, judges, lock_in, name_of
from scripts.lib.spec import LOCK, read_lock, write_lock

DEVICE = "NVIDIA_H100_80GB_HBM3"
DATE, BEFORE, AFTER = "2026-11-29T12:00:00Z", "2026-11-29T11:00:00Z", "2026-11-30T00:00:00Z"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A registration in a folder, and a lock that holds it and nothing else."""
    folder, lock = tmp_path / "registered", tmp_path / LOCK.name
    folder.mkdir()
    (folder / f"{DEVICE}.parquet").write_bytes(b"proposals")
    write_json(folder / f"{DEVICE}.json", {"table_sha256": sha256(folder / f"{DEVICE}.parquet")})
    write_lock(lock, (dataclasses.replace(version, registered={}) for version in read_lock()))
    lock_in(DEVICE, "registered", DATE, folder, lock)
    return lock


def scanned(*began: str) -> dict:
    return {"ledgers": [{"began": {DEVICE: one}} for one in began] + [{"began": {"other": BEFORE}}]}


def test_a_hidden_registration_precedes_the_studies_that_nothing_of_the_gpu_taught(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, name = lock.parent / "registered", name_of(DEVICE, hidden=True)
    for kind in ("json", "parquet"):
        shutil.copy(folder / f"{DEVICE}.{kind}", folder / f"{name}.{kind}")
    lock_in(name, "registered", DATE, folder, lock)
    monkeypatch.setattr("scripts.claims.registered.taught_by_others", lambda: {"cold.xz"})
    runs = [{"ledger": "warm.xz", "began": {DEVICE: BEFORE}},
            {"ledger": "cold.xz", "began": {DEVICE: AFTER}}]  # fmt: skip
    assert first_run({"ledgers": runs}, name) == AFTER
    assert first_run({"ledgers": runs[:1]}, name) == ""
    own = [one for one in judge_registered({"ledgers": runs}, folder, lock).findings if name in one]
    assert own == []
    early = [runs[0], runs[1] | {"began": {DEVICE: BEFORE}}]
    found = judge_registered({"ledgers": early}, folder, lock)
    assert any(f"registered: {name}: {DATE} is not before" in one for one in found.findings)
    assert f"--device {DEVICE} --hidden --out" in found.evidence[1].command


def findings(lock: Path, *began: str) -> list[str]:
    return list(judge_registered(scanned(*began), lock.parent / "registered", lock).findings)


def test_a_registration_holds_before_and_after_the_first_run(lock: Path) -> None:
    assert findings(lock) == findings(lock, AFTER) == []
    assert first_run(scanned(AFTER, "2027-01-01T00:00:00Z"), DEVICE) == AFTER
    said = [judge_registered(scanned(*began), lock.parent / "registered", lock).evidence[0].says
            for began in ((), (AFTER,))]  # fmt: skip
    assert "no run yet" in said[0]
    assert f"locked {DATE}" in said[1] and f"first run {AFTER}" in said[1]


@pytest.mark.parametrize("began", [BEFORE, DATE])
def test_a_run_that_is_not_younger_is_found(lock: Path, began: str) -> None:
    (found,) = findings(lock, AFTER, began)
    assert f"{DATE} is not before the first run, {began}" in found


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_a_changed_registration_is_named(lock: Path, kind: str) -> None:
    path = lock.parent / f"registered/{DEVICE}.{kind}"
    path.write_bytes(path.read_bytes() + b" ")
    assert findings(lock)[0].startswith(f"{path}: sha256 is not the one")
    path.unlink()
    assert findings(lock)[0].startswith(f"{path}: was registered and is gone")


def test_changed_code_is_named_once_there_are_runs(lock: Path) -> None:
    held = lock.read_text().replace(judges()["scripts/statistics/cold.py"], "0" * 16)
    lock.write_text(held)
    assert findings(lock) == []
    (found,) = findings(lock, AFTER)
    assert found.startswith("scripts/statistics/cold.py: judges")
    lock_in(DEVICE, "a row was counted twice", AFTER, lock.parent / "registered", lock)
    assert findings(lock, AFTER) == []
    guardrail = judge_registered(scanned(AFTER), lock.parent / "registered", lock)
    assert f"judged by other code since {AFTER} (a row was counted twice)" in (
        guardrail.evidence[0].says
    )


def test_figures_and_proposals_may_not_change_after_the_first_run(lock: Path) -> None:
    folder = lock.parent / "registered"
    (folder / f"{DEVICE}.parquet").write_bytes(b"better proposals")
    write_json(folder / f"{DEVICE}.json", {"table_sha256": sha256(folder / f"{DEVICE}.parquet")})
    lock_in(DEVICE, "they were bad", "2026-12-01T00:00:00Z", folder, lock)
    assert findings(lock, "2026-12-02T00:00:00Z") == []
    assert [line.split(": ")[3] for line in findings(lock, AFTER)] == [
        f"registration was changed after {AFTER}; restore it",
        f"table was changed after {AFTER}; restore it",
    ]


def test_a_registration_that_was_never_locked_is_found(lock: Path) -> None:
    for kind in ("json", "parquet"):
        path = lock.parent / f"registered/{DEVICE}.{kind}"
        shutil.copy(path, path.with_name(f"NVIDIA_L40S.{kind}"))
    (found,) = findings(lock)
    assert "NVIDIA_L40S is not there" in found


def test_what_is_registered_here_is_in_the_lock() -> None:
    assert entries(DEVICE)
    assert judge_registered({}).findings == []
