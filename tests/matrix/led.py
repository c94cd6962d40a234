"""A toy of several processes, led as vLLM's are: each writes down what it was asked."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

from scripts.engine.spec import EngineSpec, read_spec
from scripts.engine.worker import make_parser, run_worker
from scripts.matrix.ranks import RANK, lead, ranks_of


class Led:
    """Its first question is boot; ``die`` kills the process that GRAPHX_LED names."""

    QUESTIONS: ClassVar[tuple[str, ...]] = ("memory", "die")

    def __init__(self, spec: EngineSpec, folder: Path) -> None:
        self.file, self.rank = folder / "asked.txt", os.environ[RANK]
        self.file.write_text(f"{self.rank}\nboot\n")

    def facts(self) -> dict[str, Any]:
        return {}

    def memory(self) -> dict[str, Any]:
        with self.file.open("a") as file:
            file.write("memory\n")
        time.sleep(0.3 * (1 - int(self.rank)))  # so that the other has written by then
        return {"rank": int(self.rank)}

    def die(self) -> dict[str, Any]:
        if self.rank == os.environ["GRAPHX_LED"]:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)
        return {}


def main() -> int:
    args = make_parser().parse_args()
    if RANK not in os.environ:
        program = (sys.executable, "-m", "tests.matrix.led")
        return lead(ranks_of(read_spec(args.spec)), args.spec, args.folder, program)
    return run_worker(Led)


if __name__ == "__main__":
    sys.exit(main())
