"""Tables that do not travel are made from the ledgers and held against the manifest."""

from pathlib import Path

import pytest

from scripts.ledger import rebuild as module
from scripts.ledger.archive import archive
from scripts.ledger.rebuild import files_of, main
from scripts.lib.manifest import MANIFEST, read_manifest, write_manifest
from scripts.lib.recordings import Recording, Role, Scope

ONE = Recording("one", Role.COMPLETE, Scope.TWO_GEMM, "NVIDIA_H200")


@pytest.fixture
def recorded(honest, tmp_path, monkeypatch):
    """A working directory with one recorded dataset; the locked spec is that of this tree."""
    for name in ("spec.yaml", "spec.lock.json"):
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / name).symlink_to(Path("data", name).resolve())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "made_of_ledgers", lambda: [ONE])
    archive(honest, Path(ONE.ledger_paths[0]))
    assert main(["--all"]) == 0
    write_manifest([*ONE.ledger_paths, *files_of(ONE)])
    return {path: Path(path).read_bytes() for path in files_of(ONE)}


def test_what_is_missing_or_altered_is_made_again(recorded):
    missing, altered, kept = list(recorded)[:3]
    Path(missing).unlink()
    Path(altered).write_bytes(b"other")
    inode = Path(kept).stat().st_ino
    assert main([]) == 0
    assert {path: Path(path).read_bytes() for path in recorded} == recorded
    assert Path(kept).stat().st_ino == inode
    assert list(Path("build").glob("tables-*")) == []


def test_an_edited_ledger_is_named_and_nothing_made(recorded, capfd):
    ledger, table = Path(ONE.ledger_paths[0]), Path(next(iter(recorded)))
    ledger.write_bytes(ledger.read_bytes()[:-1])
    table.unlink()
    assert main([]) == 2
    assert f"{ledger}: edited or damaged" in capfd.readouterr().err
    assert not table.exists()


def test_a_table_that_is_not_the_recorded_one_is_named(recorded, capfd):
    table = next(iter(recorded))
    digest = read_manifest()[table]
    MANIFEST.write_text(MANIFEST.read_text().replace(digest, "0" * 64))
    assert main([]) == 2
    assert f"{table}: made from its ledger it is not the one" in capfd.readouterr().err
    assert Path(table).read_bytes() == recorded[table]


def test_the_list_names_every_table(recorded, capsys):
    assert main(["--list"]) == 0
    assert capsys.readouterr().out.split() == list(recorded)
