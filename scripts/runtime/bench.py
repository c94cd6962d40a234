"""Serve with vLLM's own OpenAI server, and measure it by `vllm bench serve` over HTTP.

Servers of one model boot side by side, each under another of its configs first, with a line in its
log that says which file was read. Then they take turns: within a server the configs change and all
else stays, in the order A B C C B A, the other server the other way round, and the benchmark runs
once under each. A run of every config before that is not kept: its kernels are compiled in it.

What fails is an outcome with a reason, and the others go on. Killed or paused, the same command
goes on.

vLLM is needed on this machine alone, and only here: pip install vllm==0.24.0.

Exit status: as scripts.runtime.engine.
"""

from __future__ import annotations

import argparse
import logging
import math
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts.engine.journal import Journal
from scripts.engine.outcome import Answer, Outcome
from scripts.engine.server import HOST, Server
from scripts.engine.spec import spec_of
from scripts.engine.supervisor import Deadlines, Engine
from scripts.engine.turn import nobody_is_timed, turn
from scripts.lib.command_line import parser
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.runtime.engine import why_not_read
from scripts.runtime.engine_about import PAUSED, add_run, begun, read_plan

LOG = logging.getLogger("runtime.bench")
EXAMPLE = """
  python -m scripts.runtime.bench --plan build/engine/plan.json --journal build/engine/http.jsonl
"""
MODULE = "scripts.runtime.bench"
CLIENT = (sys.executable, "-m", "scripts.engine.bench_client")
DEADLINES = Deadlines(boot=200.0, other=60.0)
PERCENTILES = "50,99"
Plan = Mapping[str, Any]


def make_parser() -> argparse.ArgumentParser:
    """The command line, also for those who check a recorded command."""
    made = parser(__doc__, EXAMPLE)
    add_run(made)
    add = made.add_argument
    add("--scratch", type=Path, help="folder for boots (default: beside the journal)")
    add("--faults", action="store_true", help="also a server on a port in use, which has to fail")
    return made


def bench_arguments(load: Mapping[str, Any], model: str, port: int) -> list[str]:
    """The command line of ``vllm bench serve``. ``load``: the plan's ``bench.load``."""
    words = {
        "backend": "vllm", "host": HOST, "port": port, "model": model, "dataset-name": "random",
        "random-input-len": load["input"], "random-output-len": load["output"],
        "random-range-ratio": load["spread"], "num-prompts": load["requests"],
        "max-concurrency": load["concurrency"], "seed": load["seed"], "temperature": 0,
        "percentile-metrics": "ttft,tpot,itl,e2el", "metric-percentiles": PERCENTILES,
        "ready-check-timeout-sec": 10,
    }  # fmt: skip
    return [part for name, value in words.items() for part in (f"--{name}", str(value))] + [
        "--disable-tqdm"
    ]


def order(configs: Sequence[str], boot: int) -> list[str]:
    """A B C C B A; the next boot C B A A B C."""
    names = list(configs) if boot % 2 == 0 else list(configs)[::-1]
    return [*names, *names[::-1]]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


class Bench:
    """A plan's servers at work. ``until``: monotonic time after which nothing is begun."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        journal: Journal,
        scratch: Path,
        until: float = math.inf,
        lock: Path | None = None,
        make: Callable[..., Server] = Server,
        client: Sequence[str] = CLIENT,
    ) -> None:
        self._plan, self._folder, self._journal, self._until = plan, folder, journal, until
        self._lock, self._model = lock, plan["bench"]["model"]
        self._load = plan["bench"]["load"]
        self._make, self._scratch = make, scratch
        self._servers = [
            (entry, self._server(entry["spec"], free_port())) for entry in plan["bench"]["boots"]
        ]
        named = replace(self._servers[0][1].spec, name="client", config_folder=None)
        self._client = Engine(named, scratch / "client", deadlines=DEADLINES, program=client)

    def run(self, faults: bool = False) -> bool:
        """Do what is left; whether nothing is."""
        left = [(e, s) for e, s in self._servers if any(self._left(e))]
        with ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(1))
            stack.callback(self._client.stop)
            for _, server in left:
                stack.callback(server.stop)
            beside = pool.submit(self._taken) if faults else None
            done = self._measure(left) if left else True
            if beside is not None:
                beside.result()
        return done

    def _measure(self, left: list[Any]) -> bool:
        with nobody_is_timed(self._lock) if self._lock else nullcontext():
            booted = self._boot_all(left)
        LOG.info("all are warm")
        return all(self._serve(entry, server) for entry, server in booted)

    def _server(self, entry: Mapping[str, Any], port: int) -> Server:
        at = entry.get("config_folder")
        spec = spec_of({**entry, "config_folder": at and self._at(at)}, entry["name"])
        return self._make(spec, self._scratch / spec.name, port, deadlines=DEADLINES)

    def _at(self, folder: str | None) -> str:
        return str((self._folder / folder).absolute()) if folder else ""

    def _keys(self, entry: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
        for number, config in enumerate(order(list(self._model["configs"]), entry["boot"])):
            yield f"{entry['spec']['name']}/bench/{number}/{config}", number, config

    def _left(self, entry: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
        return (one for one in self._keys(entry) if self._journal.done(one[0]) is None)

    def _boot_all(self, servers: list[Any]) -> list[Any]:
        """Those that answer, warm: nothing is measured before all are."""

        def one(pair: Any) -> bool:
            entry, server = pair
            answer = server.boot()
            name = entry["spec"]["name"]
            key = f"{name}/boot/{self._journal.starts}"
            self._journal.record(key, answer, task="boot", boot=name, model=self._model["name"])
            LOG.info("%s: %s %s", name, answer.outcome, answer.reason or f"{answer.seconds} s")
            return bool(answer.ok)

        with ThreadPoolExecutor(len(servers) + 1) as pool:
            client = pool.submit(self._client.boot)
            fine = [p for p, ok in zip(servers, pool.map(one, servers), strict=True) if ok]
            client.result()
        for entry, server in fine:
            server.ask("routing", "uniform")
            for config in self._model["configs"]:
                self._set(entry, server, config)
                self._bench(server)
        return fine

    def _set(self, entry: Mapping[str, Any], server: Server, config: str) -> Answer:
        folder = self._at(self._model["configs"][config])
        answer = server.ask("configs", folder)
        why = why_not_read(answer.result, folder or None) if answer.ok else None
        if why:
            answer = Answer(Outcome.FILE_NOT_READ, why, answer.result, answer.seconds)
        return answer

    def _bench(self, server: Server) -> Answer:
        return self._client.ask(
            "bench", alone=False, arguments=bench_arguments(self._load, server.model, server.port)
        )

    def _serve(self, entry: Mapping[str, Any], server: Server) -> bool:
        """A server's benchmarks in one turn; whether time was left for all."""
        name = entry["spec"]["name"]
        with turn(self._lock):
            for key, number, config in list(self._left(entry)):
                if time.monotonic() > self._until:
                    return False
                answer = self._set(entry, server, config)
                read = answer.result.get("read")
                if answer.ok:
                    answer = self._bench(server)
                self._journal.record(
                    key, answer, task="bench", boot=name, model=self._model["name"],
                    config=config, round=number, read=read,
                )  # fmt: skip
                LOG.info("%s: %s %s", key, answer.outcome, answer.reason)
        return True

    def _taken(self) -> None:
        """A server on a port that somebody listens on; its import takes as long as a boot's."""
        key = "fault-port-taken/boot"
        if self._journal.done(key) is not None:
            return
        with socket.socket() as taken:
            taken.bind((HOST, 0))
            taken.listen()
            named = {**self._servers[0][0]["spec"], "name": "fault-port-taken"}
            server = self._server(named, int(taken.getsockname()[1]))
            answer = server.boot()
            server.stop()
        about = {"boot": server.spec.name, "model": self._model["name"]}
        self._journal.record(f"{key}/{self._journal.starts}", answer, task="boot", **about)
        self._journal.record(key, answer, task="fault", **about)
        LOG.info("%s: %s %s", key, answer.outcome, answer.reason)


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    args = make_parser().parse_args(argv)
    until, status = time.monotonic() + args.seconds, 0

    def body() -> None:
        nonlocal status
        plan = read_plan(args.plan)
        if "bench" not in plan:
            raise InputError(f"{args.plan}: bench: is missing; plan a study that has one")
        scratch = args.scratch or args.journal.with_suffix("")
        with begun(args.journal, plan, MODULE) as journal:
            bench = Bench(plan, args.plan.parent, journal, scratch, until, args.turn)
            status = 0 if bench.run(args.faults) else PAUSED

    return run_main(body, lambda: status)


if __name__ == "__main__":
    sys.exit(main())
