"""Start an engine's process, ask it with deadlines, and learn how it ended when it did.

The process leads a group of its own, so that what it started is killed with it. Its standard error
goes to a log in the boot's folder, whose end tells why a process died that said nothing.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.engine.boot_log import LOG_NAME, not_read
from scripts.engine.outcome import Answer, Outcome, cause_of
from scripts.engine.spec import EngineSpec, environment_of, write_spec
from scripts.engine.turn import turn
from scripts.engine.watchdog import Watchdog
from scripts.engine.wire import ClosedError, GarbageError, Reader, line_of
from scripts.lib.files import InputError

WORKER = (sys.executable, "-m", "scripts.engine.worker")
_ROOT = Path(__file__).parents[2]
_TAIL = 4000  # characters of a log's end in which a cause is looked for
Check = Callable[[dict[str, Any]], str | None]


@dataclass(frozen=True)
class Deadlines:
    """Seconds until an answer is given up, and the process with it. ``other``: per question."""

    boot: float = 300.0
    other: float = 120.0

    def of(self, do: str) -> float:
        """The deadline of a question."""
        return self.boot if do == "boot" else self.other


class Engine:
    """One boot. ``folder``: its own, made anew. ``program``: what speaks the worker's protocol."""

    def __init__(
        self,
        spec: EngineSpec,
        folder: Path,
        *,
        deadlines: Deadlines | None = None,
        lock: Path | None = None,
        watchdog: Watchdog | None = None,
        program: Sequence[str] = WORKER,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.spec, self.folder = spec, folder
        self.deadlines = deadlines or Deadlines()
        self._lock, self._watchdog, self._program = lock, watchdog, tuple(program)
        self._base = os.environ if environment is None else environment
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: Reader | None = None
        self._number = 0
        self.ended: Answer | None = None  # how its process ended, once it has

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process is not None and self.ended is None

    @property
    def pid(self) -> int | None:
        """Of its process; None before it is started."""
        return None if self._process is None else self._process.pid

    @property
    def log(self) -> Path:
        """What the engine printed."""
        return self.folder / LOG_NAME

    def boot(self) -> Answer:
        """Start the process and boot; ``result``: facts of the boot.

        A boot whose MoE layers do not run what ``spec.config_folder`` holds is ``file_not_read``,
        and is ended.
        """
        failed = self._start()
        if failed is not None:
            return self._end(failed)
        answer = self.ask("boot")
        if answer.ok:
            why = not_read(answer.result, self.spec.config_folder)
            if why is not None:
                return self._end(Answer(Outcome.FILE_NOT_READ, why, answer.result, answer.seconds))
        return answer

    def _start(self) -> Answer | None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_spec(self.folder / "spec.json", self.spec)
            said = self.log.open("wb")
        except (OSError, InputError) as error:
            return Answer(cause_of(str(error)) or Outcome.BOOT_FAILED, str(error))
        folder = self.folder.absolute()
        command = [*self._program, "--spec", str(folder / "spec.json"), "--folder", str(folder)]
        with said:
            self._process = subprocess.Popen(
                command,
                cwd=_ROOT,
                env=environment_of(self.spec, folder, self._base),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        self._reader = Reader(self._process.stdout.fileno())
        if self._watchdog is not None:
            self._watchdog.watch(self.spec.name, self._process.pid)
        return None

    def ask(
        self, do: str, check: Check | None = None, *, alone: bool = True, **question: Any
    ) -> Answer:
        """Ask in its turn, and wait for the answer; see ``scripts.engine.worker`` for questions.

        ``alone``: not so for what is timed by nobody, which others may work beside.
        ``check``: says what is wrong with a result (None: nothing), which makes it wrong_output.
        After crash, hang, out_of_memory and the like the process is gone; ``failed`` leaves it.
        """
        if not self.alive:
            return self.ended or Answer(Outcome.FAILED, "it was not booted")
        with turn(self._lock if alone and do != "boot" else None):
            answer = self._ask(do, question)
        if answer.outcome not in {Outcome.OK, Outcome.FAILED}:
            return self._end(answer)
        wrong = check(answer.result) if answer.ok and check else None
        if wrong is not None:
            return Answer(Outcome.WRONG_OUTPUT, wrong, answer.result, answer.seconds)
        return answer

    def _ask(self, do: str, question: dict[str, Any]) -> Answer:
        assert self._process is not None and self._process.stdin is not None and self._reader
        self._number += 1
        began, seconds = time.monotonic(), self.deadlines.of(do)
        try:
            self._process.stdin.write(line_of({"id": self._number, "do": do, **question}))
            self._process.stdin.flush()
            said = self._reader.answer(self._number, seconds)
        except TimeoutError:
            outcome, reason = Outcome.HANG, f"{do}: no answer within {seconds:g} s"
        except GarbageError as error:
            outcome, reason = Outcome.CRASH, f"{do}: answered with no answer: {error}"
        except (ClosedError, OSError):
            outcome, reason = self._death(do)
        else:
            return Answer(
                Outcome(said["outcome"]), said.get("reason", ""), said.get("result") or {},
                float(said["seconds"]),
            )  # fmt: skip
        return Answer(outcome, reason, {}, round(time.monotonic() - began, 3))

    def _death(self, do: str) -> tuple[Outcome, str]:
        assert self._process is not None
        outcome, reason = death_of(self._process, self.log)
        return outcome, f"{do}: {reason}"

    def _end(self, answer: Answer) -> Answer:
        self.ended = answer
        self.stop()
        return answer

    def stop(self) -> None:
        """End the process and all that it started."""
        if self._process is None:
            return
        if self._watchdog is not None:
            self._watchdog.leave(self.spec.name)
        if self.ended is None:
            self.ended = Answer(Outcome.FAILED, "it was stopped")
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def death_of(process: subprocess.Popen[bytes], log: Path) -> tuple[Outcome, str]:
    """Why a process is gone: by the end of its log, else by how it ended."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    code = process.returncode
    tail = log.read_text(encoding="utf-8", errors="replace")[-_TAIL:]
    lines = [line for line in tail.splitlines() if line.strip()]
    how = f"exited with status {code}"
    if code is not None and code < 0:
        how = f"killed by {signal.Signals(-code).name}"
    cause = cause_of(tail)
    said = next((line for line in reversed(lines) if cause and cause_of(line)), None)
    last = said or (lines[-1] if lines else "it said nothing")
    return cause or Outcome.CRASH, f"{how}; {last.strip()[:300]}"
