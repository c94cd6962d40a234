"""vLLM's own OpenAI server in a process of its own, asked over HTTP, and how it ended when it did.

Its worker is joined by scripts.engine.extension, so that configs can be changed within one boot as
in an engine of this process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from scripts.engine.boot_log import LOG_NAME, facts_of, not_read
from scripts.engine.outcome import Answer, Outcome
from scripts.engine.spec import EngineSpec, environment_of, write_spec
from scripts.engine.supervisor import Deadlines, death_of
from scripts.engine.tokenizer import write_tokenizer
from scripts.engine.vllm_engine import arguments_of

_GUARD = (sys.executable, "-m", "scripts.engine.guarded")
PROGRAM = (sys.executable, "-m", "vllm.entrypoints.cli.main", "serve")
EXTENSION = "scripts.engine.extension.Extension"
HOST = "127.0.0.1"
_ROOT = Path(__file__).parents[2]
_LOOK_S = 0.25  # between two looks whether it is up
# Of a library's call and not of a server's command line.
_NOT_SERVED = ("disable_log_stats", "model", "skip_tokenizer_init")


def command_of(spec: EngineSpec, folder: Path, port: int) -> list[str]:
    """The command line of ``vllm serve``; writes the model's config.json and its tokenizer."""
    arguments = arguments_of(spec, folder)
    model = str(arguments["model"])
    write_tokenizer(Path(model), int(spec.config()["vocab_size"]))
    found = ["--host", HOST, "--port", str(port), "--worker-extension-cls", EXTENSION]
    found += ["--disable-log-stats", "--disable-uvicorn-access-log", "--generation-config", "vllm"]
    for name, value in arguments.items():
        flag = name.replace("_", "-")
        if name in _NOT_SERVED or value is None:
            continue
        if isinstance(value, bool):
            found.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, list):
            found += [f"--{flag}", *map(str, value)]
        else:
            found += [f"--{flag}", json.dumps(value) if isinstance(value, dict) else str(value)]
    return [model, *found]


class Server:
    """One server. ``folder``: of this boot. ``program``: what takes vLLM's arguments."""

    def __init__(
        self,
        spec: EngineSpec,
        folder: Path,
        port: int,
        *,
        deadlines: Deadlines | None = None,
        program: tuple[str, ...] = PROGRAM,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.spec, self.folder, self.port = spec, folder, port
        self.deadlines = deadlines or Deadlines()
        self._program = program
        self._base = os.environ if environment is None else environment
        self._process: subprocess.Popen[bytes] | None = None
        self.model = ""  # as clients have to name it

    @property
    def log(self) -> Path:
        """What the server printed."""
        return self.folder / LOG_NAME

    @property
    def pid(self) -> int | None:
        """Of its first process; None before it is started."""
        return None if self._process is None else self._process.pid

    def boot(self) -> Answer:
        """Start it and wait until it answers; ``result``: what its log says of the boot."""
        began = time.monotonic()
        folder = self.folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        write_spec(folder / "spec.json", self.spec)
        command = command_of(self.spec, folder, self.port)
        self.model = command[0]
        # An engine of its own process, as vLLM serves, and its door for the extension.
        ours = {"VLLM_ENABLE_V1_MULTIPROCESSING": "1", "VLLM_SERVER_DEV_MODE": "1"}
        with self.log.open("wb") as said:
            self._process = subprocess.Popen(
                [*_GUARD, *self._program, *command],
                cwd=_ROOT,
                env={**environment_of(self.spec, folder, self._base), **ours},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        outcome, reason = self._until_up(began + self.deadlines.boot)
        seconds = round(time.monotonic() - began, 2)
        if outcome is Outcome.OK:
            facts = facts_of(self.log.read_text(encoding="utf-8", errors="replace"))
            why = not_read(facts, self.spec.config_folder)
            if why is None:
                return Answer(outcome, "", facts, seconds)
            outcome, reason = Outcome.FILE_NOT_READ, why
        self.stop()
        return Answer(outcome, reason, {}, seconds)

    def _until_up(self, until: float) -> tuple[Outcome, str]:
        assert self._process is not None
        while time.monotonic() < until:
            if self._process.poll() is not None:
                outcome, reason = death_of(self._process, self.log)
                return (Outcome.BOOT_FAILED if outcome is Outcome.CRASH else outcome), reason
            with suppress(OSError), urllib.request.urlopen(self._at("health"), timeout=5):
                return Outcome.OK, ""
            time.sleep(_LOOK_S)
        return Outcome.HANG, f"boot: no answer within {self.deadlines.boot:g} s"

    def _at(self, path: str) -> str:
        return f"http://{HOST}:{self.port}/{path}"

    def ask(self, do: str, *arguments: str) -> Answer:
        """Ask its worker (scripts.engine.extension, without its prefix) and wait."""
        began = time.monotonic()
        body = {"method": f"graphx_{do}", "args": list(arguments)}
        request = urllib.request.Request(
            self._at("collective_rpc"), json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=self.deadlines.other) as said:
                result = json.load(said)["results"][0]
        except TimeoutError:
            return Answer(Outcome.HANG, f"{do}: no answer within {self.deadlines.other:g} s")
        except (OSError, ValueError, LookupError) as error:
            dead = self._process is None or self._process.poll() is not None
            return Answer(Outcome.CRASH if dead else Outcome.FAILED, f"{do}: {error}"[:300])
        return Answer(Outcome.OK, "", result, round(time.monotonic() - began, 3))

    def stop(self) -> None:
        """End it and all that it started."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
