"""One engine on several GPUs: a process a GPU, all asked the same, the first of them answers.

vLLM's external launcher: every process schedules the same requests, and their steps meet in the
collectives. If one of the processes ends, the others are ended too.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.engine.spec import EngineSpec
from scripts.engine.worker import end_with_parent

RANK = "RANK"  # variable; what PyTorch's launchers call a process's number
_WORKER = (sys.executable, "-m", "scripts.matrix.worker")
_LAST_WORDS_S = 3.0  # for the others, when one has ended
_LOOK_S = 0.2


def ranks_of(spec: EngineSpec) -> int:
    """GPUs that the engine is spread over."""
    return int(spec.arguments.get("tensor_parallel_size", 1))


def port() -> int:
    """A port of this machine that nobody listens on; another may take it meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environments(count: int) -> list[dict[str, str]]:
    """Of each process, what PyTorch's launchers set. A MASTER_PORT that is given is kept."""
    shared = {
        "WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": os.environ.get("MASTER_PORT") or str(port()),
    }
    return [{**shared, RANK: str(number), "LOCAL_RANK": str(number)} for number in range(count)]


def lead(count: int, spec: Path, folder: Path, worker: Sequence[str] = _WORKER) -> int:
    """Hand each line of standard input to all processes; the first one's answers are ours."""
    end_with_parent()
    processes = []
    for number, own in enumerate(environments(count)):
        mine = folder / f"rank-{number}" if number else folder
        mine.mkdir(parents=True, exist_ok=True)
        processes.append(subprocess.Popen(
            [*worker, "--spec", str(spec), "--folder", str(mine)],
            stdin=subprocess.PIPE, stdout=None if number == 0 else subprocess.DEVNULL,
            env=os.environ | own,
        ))  # fmt: skip
    threading.Thread(target=_end_together, args=(processes,), daemon=True).start()
    try:
        for line in sys.stdin.buffer:
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(line)
                process.stdin.flush()
    except BrokenPipeError:
        pass  # one has ended, and its last words are in the log
    for process in processes:
        if process.stdin is not None and not process.stdin.closed:
            process.stdin.close()
    return max(abs(process.wait()) for process in processes)


def _end_together(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    while all(process.poll() is None for process in processes):
        time.sleep(_LOOK_S)
    time.sleep(_LAST_WORDS_S)
    for process in processes:
        if process.poll() is None:
            process.kill()
    os._exit(max(abs(process.wait()) for process in processes))
