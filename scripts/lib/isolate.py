"""A child process that may die: run tasks in it, with a deadline, and learn how it ended.

The child is spawned fresh (no inherited GPU context) unless its owner asks for a fork. It dies with
the thread that started it, so that a killed run leaves nothing behind on the GPU.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

# A fork while another thread is between making a pipe and closing the child's end of it would keep
# that end open, and the death of that thread's child would look like a hang.
_STARTING = threading.Lock()
_PR_SET_PDEATHSIG = 1  # linux/prctl.h

Handler = Callable[[Any], Any]


@dataclass(frozen=True)
class Failure:
    """A task that did not return: ``kind`` is error, died or hung; ``message`` says how."""

    kind: str
    message: str


class PoisonedError(Exception):
    """Raised by a handler whose process can do no further work (a poisoned GPU context)."""


class Inbox:
    """What a process was sent, in that order; the next task can be seen before it is taken."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seen: deque[Any] = deque()

    def take(self) -> Any:
        """The next task, as soon as there is one. EOFError once nobody can send any."""
        return self._seen.popleft() if self._seen else self._connection.recv()

    def peek(self) -> Any | None:
        """The next task if it is there, which stays the next; never waits."""
        try:
            if not self._seen and self._connection.poll():
                self._seen.append(self._connection.recv())
        except EOFError:  # the next ``take`` says so
            return None
        return self._seen[0] if self._seen else None


class Named:
    """A handler whose tasks are tuples: the name of one of its methods ``do_…``, and arguments.

    ``backend``: what the process holds of a GPU. ``peek``: of its ``Inbox``.
    """

    backend: Any
    peek: Callable[[], Any | None] = staticmethod(lambda: None)

    def __call__(self, task: tuple[Any, ...]) -> Any:
        """Run one task; a GPU error that outlives it means the context is poisoned."""
        name, *args = task
        try:
            return getattr(self, f"do_{name}")(*args)
        except Exception as error:
            try:
                self.backend.synchronise()
            except Exception as poisoned:
                raise PoisonedError(f"{type(error).__name__}: {error}") from poisoned
            raise


def with_parent() -> Callable[[], None]:
    """A ``preexec_fn`` by which a program is killed when the thread that started it is gone.

    So that a ``kill -9`` of a run leaves none of its programs behind on the GPU.
    """
    libc, parent = ctypes.CDLL(None, use_errno=True), os.getpid()

    def bind() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # it died before the line above could take hold

    return bind


def _serve(connection: Connection, make_handler: Callable[..., Handler], args: tuple[Any, ...]):  # type: ignore[no-untyped-def]
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        os._exit(1)  # it died before the line above could take hold
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    try:
        handler = make_handler(*args)
    except Exception as error:
        connection.send(("fatal", f"{type(error).__name__}: {error}"))
        os._exit(1)
    inbox = Inbox(connection)
    if isinstance(handler, Named):
        handler.peek = inbox.peek
    while True:
        try:
            task = inbox.take()
        except EOFError:
            return
        try:
            connection.send(("done", handler(task)))
        except PoisonedError as error:
            connection.send(("fatal", str(error)))
            # A poisoned context can hang in its own destructors; there is nothing to save.
            os._exit(1)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{os.path.basename(last.filename)}:{last.lineno}"  # noqa: PTH119
            connection.send(("error", f"{type(error).__name__}: {error} ({where})"))


class Child:
    """One child process serving tasks; restarted by hand after it died or hung.

    ``method``: ``spawn``, or ``fork`` for a parent that has no GPU context: its child need not
    import anything again, and is there in milliseconds.
    """

    def __init__(
        self, make_handler: Callable[..., Handler], *args: Any, method: str = "spawn"
    ) -> None:
        self._make, self._args = make_handler, args
        self._context: Any = multiprocessing.get_context(method)
        self.start()

    def start(self) -> None:
        """Start the process (again)."""
        with _STARTING:
            ours, theirs = self._context.Pipe()
            self.connection: Connection = ours
            self._process = self._context.Process(
                target=_serve, args=(theirs, self._make, self._args), daemon=True
            )
            self._process.start()
            theirs.close()

    def send(self, task: Any) -> None:
        """Hand over a task without waiting; a dead child shows at ``receive``.

        Tasks may be sent before the last was answered: answers come in the same order.
        """
        try:
            self.connection.send(task)
        except (BrokenPipeError, ConnectionResetError):
            return

    def receive(self, deadline_s: float) -> Any:
        """Wait for the result of the last task, or a Failure.

        After died and hung the process is gone; ``start`` makes a new one.
        """
        if not self.connection.poll(deadline_s):
            self.stop()
            return Failure("hung", f"no answer within {deadline_s:g} s")
        try:
            status, value = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join(10)
            code = self._process.exitcode
            self.stop()
            return Failure("died", _describe_exit(code))
        if status == "fatal":
            self.stop()
            return Failure("died", value)
        return Failure("error", value) if status == "error" else value

    def call(self, task: Any, deadline_s: float) -> Any:
        """``send`` and ``receive``."""
        self.send(task)
        return self.receive(deadline_s)

    def stop(self) -> None:
        """Kill the process if it lives."""
        self._process.kill()
        self._process.join(10)
        self.connection.close()


def _describe_exit(code: int | None) -> str:
    if code is not None and code < 0:
        return f"worker killed by {signal.Signals(-code).name}"
    return f"worker exited with status {code}"
