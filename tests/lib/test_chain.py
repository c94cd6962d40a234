"""The hash-chained ledger: whole lines only, every change to a written line is found."""

import contextlib
import gzip
import itertools
import json
import lzma
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.chain import GENESIS, Chain, check_chain, line_hash, read_chain
from scripts.lib.files import InputError

FORK = multiprocessing.get_context("fork")
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
    folder = tmp_path / f"folder.jsonl{suffix}"
    folder.mkdir()
    with pytest.raises(InputError, match="is a folder; name the file"):
        list(read_chain(folder))


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


def test_a_torn_line_is_no_line_for_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    write(path, BODIES)
    path.write_bytes(path.read_bytes()[:-1])  # whole but for its end: nobody was told of it
    with pytest.raises(InputError, match=r":6: torn: its writer was killed"):
        list(read_chain(path))


def test_every_broken_line_is_named_and_only_those(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    lines = write(path, [{"n": n} for n in range(10)])
    lines[1] = lines[1].replace('"n":1', '"n":7')
    lines[6] = "{}"
    del lines[3]
    path.write_text("\n".join(lines) + "\n")
    found = {line.number: str(line.problem or "").split()[0:3] for line in check_chain(path)}
    named = {number: words for number, words in found.items() if words}
    assert named == {
        2: ["was", "edited", "after"],
        4: ["does", "not", "follow"],
        6: ["not", "a", "ledger"],
    }


def test_append_returns_the_hash_of_its_line_and_opening_gives_all(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    chain = Chain(path)
    hashes = [chain.append(BODIES[0]), *chain.extend(BODIES[1:])]
    chain.close()
    assert hashes == [json.loads(line)["hash"] for line in path.read_text().splitlines()]
    again = Chain(path)
    assert (again.bodies, again.hashes) == (BODIES, hashes)
    again.close()


def test_a_file_cut_off_or_deleted_under_a_writer_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    chain = Chain(path)
    chain.extend(BODIES)
    os.truncate(path, 100)
    with pytest.raises(InputError, match="cut off or deleted"):
        chain.append(BODIES[0])
    path.unlink()
    with pytest.raises(InputError, match="cut off or deleted"):
        chain.append(BODIES[0])
    chain.close()


def test_what_another_writer_broke_is_not_built_upon(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    chain = Chain(path)
    chain.append(BODIES[0])
    with path.open("a") as handle:
        handle.write("not of this chain\n")
    with pytest.raises(InputError, match=r":2: not a ledger line"):
        chain.append(BODIES[1])
    chain.close()


def test_a_forked_process_cannot_use_the_writer_of_its_parent(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "l.jsonl")
    child = FORK.Process(target=chain.append, args=(BODIES[0],))
    child.start()
    child.join()
    assert child.exitcode == 1
    assert list(read_chain(chain.path)) == []
    chain.close()


def append_many(path: Path, name: str, announced: Connection, threads: int) -> None:
    """Append lines for ever, by several threads, each telling of every line it wrote."""
    chain, telling = Chain(path), threading.Lock()

    def work(thread: int) -> None:
        for n in itertools.count():
            bodies = [{"writer": f"{name}.{thread}", "n": 2 * n + i} for i in (0, 1)]
            hashes = chain.extend(bodies) if n % 3 else [chain.append(body) for body in bodies]
            with telling:
                announced.send(hashes)

    for thread in range(threads):
        threading.Thread(target=work, args=(thread,), daemon=True).start()
    threading.Event().wait()


@given(st.lists(st.floats(0.0, 0.03), min_size=2, max_size=5), st.integers(1, 3))
@settings(max_examples=12)
def test_writers_at_once_some_killed_lose_and_mix_nothing(
    tmp_path_factory: pytest.TempPathFactory, pauses: list[float], threads: int
) -> None:
    """Processes of several threads write to one file; they are killed at arbitrary moments."""
    path = tmp_path_factory.mktemp("chain") / "l.jsonl"
    pipes = [FORK.Pipe(duplex=False) for _ in pauses]
    writers = [
        FORK.Process(target=append_many, args=(path, str(n), pipe[1], threads), daemon=True)
        for n, pipe in enumerate(pipes)
    ]
    told: list[str] = []
    for writer, (_, sender) in zip(writers, pipes, strict=True):
        writer.start()
        sender.close()
    for (receiver, _), pause, writer in zip(pipes, pauses, writers, strict=True):
        receiver.poll(5)  # it is writing by now, or has failed
        time.sleep(pause)
        writer.kill()
        with contextlib.suppress(EOFError):
            while True:
                told += receiver.recv()
        writer.join()
    assert len(told) >= len(pauses)
    last = Chain(path)  # sets aside what the last of them may have torn
    told.append(last.append({"writer": "last", "n": 0}))
    last.close()
    lines = list(check_chain(path))
    assert [line.number for line in lines if line.problem] == []
    hashes = [line.hash for line in lines]
    assert set(told) <= set(hashes)
    assert len(set(hashes)) == len(hashes)
    by_writer: dict[str, list[int]] = {}
    for line in lines:
        by_writer.setdefault(line.body["writer"], []).append(line.body["n"])
    for numbers in by_writer.values():
        assert numbers == list(range(len(numbers)))


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
        chain = Chain(disk / "l.jsonl")
        with pytest.raises(InputError, match="could not be written"):
            chain.extend([{"n": written, "text": "x" * 500}] * 20)
        chain.close()
        assert [body["n"] for body in read_chain(disk / "l.jsonl")] == list(range(written))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
