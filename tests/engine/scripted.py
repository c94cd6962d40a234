"""A process that speaks the worker's protocol and answers at once, or fails as it is told.

Told by the environment: FAULT="latency:hang" is what becomes of the question latency. What fails
fails for good: memory is asked for that is not given, a port is bound twice, a disk is full.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from scripts.engine.boot_log import facts_of
from scripts.engine.spec import read_spec
from scripts.engine.worker import end_with_parent, make_parser, serve

READ = "INFO fused_moe.py Using configuration from {} for MoE layer."


def crash() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    print("the last words", file=sys.stderr, flush=True)
    os._exit(3)


def out_of_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    bytearray(8 << 30)


def no_space() -> None:
    with Path("/dev/full").open("w") as full:
        full.write("more than fits")


def port_taken() -> None:
    taken = [socket.socket(), socket.socket()]
    taken[0].bind(("127.0.0.1", 0))
    taken[1].bind(taken[0].getsockname())


def refuse() -> None:
    raise ValueError("no such layer")


def hang() -> None:
    child = subprocess.Popen(["sleep", "600"])  # what it started must go with it
    Path(os.environ["CHILD"]).write_text(str(child.pid))
    time.sleep(600)


def garbage() -> None:
    os.write(ANSWERS, b"step 3 of 5 done\n")


FAULTS = {
    fault.__name__: fault
    for fault in (crash, leave, out_of_memory, no_space, port_taken, refuse, hang, garbage)
}
ANSWERS = -1


def main() -> None:
    global ANSWERS  # noqa: PLW0603
    args = make_parser().parse_args()
    end_with_parent()
    spec = read_spec(args.spec)
    ANSWERS = os.dup(1)
    os.dup2(2, 1)
    at, _, fault = os.environ.get("FAULT", "").partition(":")
    read = os.environ.get("VLLM_TUNED_CONFIG_FOLDER")

    def ask(do: str, question: dict[str, Any]) -> dict[str, Any]:
        if do == at:
            FAULTS[fault]()
        if do == "boot":
            line = READ.format(f"{os.environ.get('READ', read)}/E=8.json") if read else ""
            return {"said": spec.name, "environment": dict(os.environ), **facts_of(line)}
        return {"do": do, **question}

    serve(ask, ANSWERS)


if __name__ == "__main__":
    main()
