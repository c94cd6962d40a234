"""What is registered before a GPU is measured: whole, unedited, and older than every run on it."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from scripts.lib.chain import Chain
from scripts.lib.files import InputError, read_json, sha256
from scripts.lib.recordings import GPU_OUT, finals_of, recordings, studies
from scripts.lib.registration import (
    changed,
    device_of,
    entries,
    is_hidden,
    judges,
    lock_in,
    name_of,
)
from scripts.lib.schemas.registered import REGISTERED
from scripts.lib.shape import parse_shape
from scripts.lib.spec import LOCK
from scripts.lib.tables import read_table
from scripts.tune.knowledge import read_corpus
from scripts.tune.register import FIRST, check, check_judges, register
from tests.tune.conftest import DEVICE, LAYER, ROOT, World

KEPT = ROOT / "data/registered"
OTHER = "NVIDIA_H100_80GB_HBM3"
HIDDEN = name_of(DEVICE, hidden=True)


@pytest.fixture(scope="module")
def registered(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("registered")
    hidden = dataclasses.replace(world.where, hidden=DEVICE)
    shutil.copy(LOCK, out / LOCK.name)
    shapes = [parse_shape(LAYER)]
    for name in (DEVICE, HIDDEN):
        date = register(read_corpus(hidden, 1), DEVICE, shapes, out / "spaces", out, name)
        lock_in(name, "registered", date, out, out / LOCK.name)
    return out


def ledger(path: Path, started: str, device: str = DEVICE) -> Path:
    chain = Chain(path)
    chain.append({"kind": "run", "run_id": f"{device}-{started}-000", "started": started})
    chain.close()
    return path


def test_each_row_of_the_file_has_its_proposals(registered: Path, world: World) -> None:
    table = read_table(registered / f"{DEVICE}.parquet", REGISTERED)
    file = read_corpus(world.where, 1).history.files(parse_shape(LAYER))[DEVICE]
    tokens = {int(cell.rsplit("/M", 1)[1]) for cell in table["cell_id"]}
    assert tokens == set(file.configs)
    for _, rows in table.groupby("cell_id"):
        assert rows["place"].tolist() == list(range(1, FIRST + 1))
        assert rows["config_id"].is_unique
    lock = read_json(registered / f"{DEVICE}.json")
    assert lock["table_sha256"] == sha256(registered / f"{DEVICE}.parquet")
    assert lock["cells"] == len(tokens)
    assert lock["taught_by"] == []


def test_a_run_must_be_younger(registered: Path, tmp_path: Path) -> None:
    said = read_json(registered / f"{DEVICE}.json")["registered"]
    later, before = "2999-01-01T00:00:00Z", "2020-01-01T00:00:00Z"
    ledgers = [ledger(tmp_path / "a.jsonl", later), ledger(tmp_path / "b.jsonl", before, OTHER)]
    lock = registered / LOCK.name
    assert check(registered, DEVICE, ledgers, lock)["registered"] == said
    for number, started in enumerate((before, said)):
        late = ledger(tmp_path / f"late-{number}.jsonl", started)
        with pytest.raises(InputError, match="before the registration"):
            check(registered, DEVICE, [*ledgers, late], lock)


def test_an_edited_table_is_found_and_none_is_written_twice(
    registered: Path, world: World, tmp_path: Path
) -> None:
    for name in (f"{DEVICE}.parquet", f"{DEVICE}.json"):
        (tmp_path / name).write_bytes((registered / name).read_bytes())
    hidden = read_corpus(dataclasses.replace(world.where, hidden=DEVICE), 1)
    with pytest.raises(InputError, match="registered already"):
        register(hidden, DEVICE, [], tmp_path, tmp_path, DEVICE)
    with (tmp_path / f"{DEVICE}.parquet").open("ab") as handle:
        handle.write(b"x")
    with pytest.raises(InputError, match="not the table that was registered"):
        check(tmp_path, DEVICE, [], registered / LOCK.name)
    with pytest.raises(InputError, match="has recordings"):
        register(read_corpus(world.where, 1), DEVICE, [], tmp_path, tmp_path / "other", DEVICE)


def test_code_that_judges_otherwise_is_named(registered: Path, tmp_path: Path) -> None:
    lock = tmp_path / LOCK.name
    shutil.copy(registered / LOCK.name, lock)
    check_judges(DEVICE, lock)
    (entry,) = entries(DEVICE, lock)
    assert entry.judged_by == judges() and "scripts/statistics/cold.py" in entry.judged_by
    assert changed(entry, judges() | {"scripts/new.py": "0" * 16}) == ["scripts/new.py"]
    lock.write_text(lock.read_text().replace(judges()["scripts/statistics/cold.py"], "0" * 16))
    with pytest.raises(InputError, match=r"scripts/statistics/cold\.py: judges otherwise"):
        check_judges(DEVICE, lock)
    with pytest.raises(InputError, match="--reason is empty"):
        lock_in(DEVICE, " ", "2026-01-01T00:00:00Z", registered, lock)
    lock_in(DEVICE, "mended", "2026-01-01T00:00:00Z", registered, lock)
    check_judges(DEVICE, lock)
    with pytest.raises(InputError, match="nothing has changed"):
        lock_in(DEVICE, "again", "2026-01-02T00:00:00Z", registered, lock)
    assert [one.reason for one in entries(DEVICE, lock)] == ["registered", "mended"]


def test_a_recorded_gpu_has_a_registration_of_its_own_for_what_hides_it(
    registered: Path, tmp_path: Path
) -> None:
    assert (is_hidden(HIDDEN), device_of(HIDDEN)) == (True, DEVICE) and not is_hidden(DEVICE)
    lock = registered / LOCK.name
    late, early = (ledger(tmp_path / f"{year}.jsonl", f"{year}-01-01T00:00:00Z")
                   for year in (2999, 2020))  # fmt: skip
    assert check(registered, HIDDEN, [late], lock)["device"] == DEVICE
    with pytest.raises(InputError, match="before the registration"):
        check(registered, HIDDEN, [late, early], lock)
    entry = entries(HIDDEN, lock)[-1]  # one may be locked here already
    assert entry.judged_by == judges(HIDDEN) and "scripts/statistics/cold_live.py" in judges(HIDDEN)
    assert "scripts/statistics/cold_live.py" not in judges(DEVICE)
    check_judges(HIDDEN, lock)


@pytest.mark.parametrize("path", sorted(KEPT.glob("*.json")), ids=lambda path: path.stem)
def test_what_was_registered_here_is_older_than_what_was_recorded(path: Path) -> None:
    device = json.loads(path.read_text(encoding="utf-8"))["device"]
    found = recordings(device=device)
    if is_hidden(path.stem):
        hiding = studies(GPU_OUT)
        found = [one for one in (*hiding, *finals_of(hiding)) if one.device == device]
    mine = [ROOT / name for one in found for name in one.ledger_paths]
    assert check(KEPT, path.stem, mine)["cells"] > 0
