"""A server and a benchmark client whose answers are known, for good over HTTP.

python -m tests.runtime.http_world server MODEL --port N …: answers /health, and /collective_rpc as
scripts.engine.extension does. python -m tests.runtime.http_world client …: speaks the protocol of
scripts.engine.worker; a run over HTTP takes as long as the config file that the server was told has
bytes. WORLD in the environment: {"boot": …} fails a server's boot, {"unread": true} reads no file.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import urllib.request
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

from scripts.engine.spec import EngineSpec
from scripts.engine.worker import run_worker

WORLD = json.loads(os.environ.get("WORLD", "{}"))


class Handler(BaseHTTPRequestHandler):
    """One request."""

    folder: ClassVar[str] = ""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def answer(self, value: Any) -> None:
        said = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def do_GET(self) -> None:
        self.answer({"folder": Handler.folder})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["method"] == "graphx_configs":
            Handler.folder = asked["args"][0]
        read = [] if WORLD.get("unread") else [str(path) for path in files(Handler.folder)]
        self.answer({"results": [{"read": read, "looked_up": {}}]})


def files(folder: str) -> list[Path]:
    return sorted(Path(folder).glob("*.json")) if folder else []


def serve(arguments: Sequence[str]) -> None:
    """A server on the port that its command line says."""
    if "boot" in WORLD:
        sys.exit(WORLD["boot"])
    assert (Path(arguments[0]) / "tokenizer.json").is_file()
    port = int(arguments[arguments.index("--port") + 1])
    with socket.socket() as alone:  # vLLM binds before all else, and says what the system says
        alone.bind(("127.0.0.1", port))
    folder = os.environ.get("VLLM_TUNED_CONFIG_FOLDER", "")
    Handler.folder = folder
    for path in files(folder):
        print(f"Using configuration from {path} for MoE layer.", flush=True)
    HTTPServer(("127.0.0.1", port), Handler).serve_forever()


class Client:
    """Answers bench."""

    QUESTIONS = ("bench",)

    def __init__(self, spec: EngineSpec, folder: Path) -> None:
        self.name = spec.name

    def facts(self) -> dict[str, Any]:
        return {"vllm": "0.24.0"}

    def bench(self, arguments: Sequence[str]) -> dict[str, Any]:
        named = dict(zip(arguments[::2], arguments[1::2], strict=False))
        at = f"http://127.0.0.1:{named['--port']}/health"
        with urllib.request.urlopen(at, timeout=10) as said:
            folder = json.load(said)["folder"]
        ms = 10.0 - 0.5 * len(Path(folder).parts) if folder else 10.0
        return {"completed": int(named["--num-prompts"]), "median_tpot_ms": ms, "duration": 1.0}


if __name__ == "__main__":
    if sys.argv[1] == "server":
        serve(sys.argv[2:])
    else:
        sys.exit(run_worker(Client, sys.argv[2:]))
