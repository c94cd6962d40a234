"""One engine in one process: questions come as lines of JSON, each is answered by one line.

Read from standard input: {"id": 1, "do": "boot"}, then what scripts.engine.vllm_engine is asked
(generate, latency, profile, logits, memory) with its arguments, and stop.
Answered on standard output, which nothing else may write to: what the engine prints goes to
standard error. The process ends with its parent, and when its input ends.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.engine.outcome import Outcome, cause_of
from scripts.engine.spec import EngineSpec, read_spec
from scripts.engine.wire import line_of
from scripts.lib.command_line import parser

EXAMPLE = """
  echo '{"id": 1, "do": "boot"}' | python -m scripts.engine.worker --spec spec.json --folder boot
"""
_LOOK_S = 0.5  # how often the worker looks whether its parent is there
Ask = Callable[[str, dict[str, Any]], dict[str, Any]]


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser(__doc__, EXAMPLE)
    made.add_argument("--spec", type=Path, required=True, help="what to boot (EngineSpec)")
    made.add_argument("--folder", type=Path, required=True, help="of this boot, written to")
    return made


def serve(ask: Ask, answers: int) -> None:
    """Answer lines of standard input on the file descriptor ``answers`` until stop or the end."""
    for raw in sys.stdin:
        question = json.loads(raw)
        do, began = question.pop("do"), time.perf_counter()
        number = question.pop("id")
        if do == "stop":
            said: dict[str, Any] = {"outcome": Outcome.OK, "result": {}}
        else:
            said = answer(ask, do, question)
        said |= {"id": number, "seconds": round(time.perf_counter() - began, 4)}
        with open(answers, "wb", closefd=False) as stream:
            stream.write(line_of(said))
        if do == "stop" or said["outcome"] not in {Outcome.OK, Outcome.FAILED}:
            return


def answer(ask: Ask, do: str, question: dict[str, Any]) -> dict[str, Any]:
    """The answer to one question; what it raises is an outcome with a reason."""
    try:
        return {"outcome": Outcome.OK, "result": ask(do, question)}
    except Exception as error:
        traceback.print_exc()
        text = f"{type(error).__name__}: {error}"
        worst = Outcome.BOOT_FAILED if do == "boot" else Outcome.FAILED
        return {"outcome": cause_of(text) or worst, "reason": text.strip()[:500], "result": {}}


def engine_ask(make: Callable[[], Any]) -> Ask:
    """Questions to an engine, which the first of them, boot, makes. ``make``: its class's call."""
    engine: list[Any] = []

    def ask(do: str, question: dict[str, Any]) -> dict[str, Any]:
        if do == "boot":
            engine[:] = [make()]
            return dict(engine[0].facts())
        if not engine:
            raise ValueError(f"{do}: nothing is booted")
        if do not in engine[0].QUESTIONS:
            raise ValueError(f"{do}: no such question")
        return dict(getattr(engine[0], do)(**question))

    return ask


def end_with_parent() -> None:
    """From now on the process is killed when its parent is gone, also in the midst of a question.

    The kernel's own signal for it comes when the *thread* ends that started the process, and
    engines are booted side by side by threads that do not live as long.
    """
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_S)
        if os.getpgrp() == os.getpid():  # a supervisor's: what it started goes with it
            os.killpg(0, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, daemon=True).start()


def run_worker(make: Callable[[EngineSpec, Path], Any], argv: list[str] | None = None) -> int:
    """Serve the engine that ``make`` boots for the spec and the folder of the command line."""
    args = make_parser().parse_args(argv)
    spec = read_spec(args.spec)
    end_with_parent()
    answers = os.dup(1)
    os.dup2(2, 1)  # what the engine and its libraries print is no answer
    serve(engine_ask(lambda: make(spec, args.folder)), answers)
    # Engines hang in their destructors now and then; there is nothing to save.
    os._exit(0)


def vllm_engine(spec: EngineSpec, folder: Path) -> Any:
    """Boot vLLM's engine."""
    from scripts.engine.vllm_engine import VllmEngine  # noqa: PLC0415 - a quarter minute

    return VllmEngine(spec, folder)


def main(argv: list[str] | None = None) -> int:
    """Serve one engine."""
    return run_worker(vllm_engine, argv)


if __name__ == "__main__":
    sys.exit(main())
