"""The hash-chained ledger: whole lines only, every change to a written line is found."""

import gzip
import json
import lzma
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.chain import GENESIS, Chain, line_hash, read_chain
from scripts.lib.files import InputError

BODIES = [{"kind": "attempt", "n": n, "us": 1.5 * n, "name": "größer"} for n in range(6)]


def write(path: Path, bodies: list[dict[str, object]]) -> list[str]:
    chain = Chain(path)
    for body in bodies:
        chain.append(body)
    chain.close()
    return path.read_text(encoding="utf-8").splitlines()


def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    write(tmp_path / "l.jsonl", BODIES)
    assert list(read_chain(tmp_path / "l.jsonl")) == BODIES


@pytest.mark.parametrize(("suffix", "opener"), [(".gz", gzip.open), (".xz", lzma.open)])
def test_compressed_ledgers_are_read(tmp_path: Path, suffix: str, opener: object) -> None:
    write(tmp_path / "l.jsonl", BODIES)
    packed = tmp_path / f"l.jsonl{suffix}"
    with opener(packed, "wb") as handle:  # type: ignore[operator]
        handle.write((tmp_path / "l.jsonl").read_bytes())
    assert list(read_chain(packed)) == BODIES
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(InputError, match="not a readable ledger"):
        list(read_chain(packed))


def test_the_first_line_follows_the_genesis_hash(tmp_path: Path) -> None:
    line = json.loads(write(tmp_path / "l.jsonl", BODIES)[0])
    assert line["prev"] == GENESIS
    assert line["hash"] == line_hash(GENESIS, BODIES[0])


def test_an_edited_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    lines = write(path, BODIES)
    path.write_text("\n".join([*lines[:2], lines[2].replace("3.0", "2.9"), *lines[3:]]) + "\n")
    with pytest.raises(InputError, match=r"l\.jsonl:3: was edited"):
        list(read_chain(path))


@given(drop=st.integers(0, 4))
@settings(max_examples=10)
def test_a_deleted_line_is_named(tmp_path_factory: pytest.TempPathFactory, drop: int) -> None:
    path = tmp_path_factory.mktemp("chain") / "l.jsonl"
    lines = write(path, BODIES)
    path.write_text("\n".join(lines[:drop] + lines[drop + 1 :]) + "\n")
    with pytest.raises(InputError, match=rf":{drop + 1}: does not follow"):
        list(read_chain(path))


def test_a_replayed_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    lines = write(path, BODIES)
    path.write_text("\n".join([*lines, lines[-1]]) + "\n")
    with pytest.raises(InputError, match=r":7: does not follow"):
        list(read_chain(path))


def test_a_torn_line_is_set_aside_and_the_chain_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    lines = write(path, BODIES)
    path.write_bytes(path.read_bytes()[:-7])
    chain = Chain(path)
    assert chain.bodies == BODIES[:-1]
    chain.append(BODIES[-1])
    chain.close()
    assert list(read_chain(path)) == BODIES
    assert (tmp_path / "l.jsonl.torn").read_text().startswith(lines[-1][:20])


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "l.jsonl")
    with pytest.raises(InputError, match="another run is writing"):
        Chain(tmp_path / "l.jsonl")
    chain.close()


def test_killed_with_minus_9_it_holds_every_line_it_announced(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    script = (
        "import sys; from pathlib import Path; from scripts.lib.chain import Chain\n"
        "chain = Chain(Path(sys.argv[1]))\n"
        "for n in range(10**6):\n"
        "    chain.append({'n': n}); print(n, flush=True)\n"
    )
    for _ in range(3):
        command = [sys.executable, "-c", script, str(path)]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert run.stdout is not None
        announced = [int(run.stdout.readline()) for _ in range(20)]
        run.kill()
        run.wait()
        before = len(Chain(path).bodies)
        assert before >= len(announced)
    assert sum(body["n"] == 0 for body in read_chain(path)) == 3


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk needs root"
)
def test_a_full_disk_is_a_clear_error_and_keeps_whole_lines(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        chain = Chain(disk / "l.jsonl")
        written = 0
        with pytest.raises(InputError, match=r"l\.jsonl: a line could not be written \(No space"):
            while True:
                chain.append({"n": written, "text": "x" * 500})
                written += 1
        chain.close()
        assert written > 5
        assert [body["n"] for body in read_chain(disk / "l.jsonl")] == list(range(written))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
