"""vLLM's own `vllm bench serve` in a process that stays, since its import takes a quarter minute.

Speaks the protocol of scripts.engine.worker: boot, then bench, whose arguments are those of the
command line.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from scripts.engine.spec import EngineSpec
from scripts.engine.worker import run_worker


class BenchClient:
    """The benchmark, imported."""

    QUESTIONS: ClassVar[tuple[str, ...]] = ("bench",)

    def __init__(self, spec: EngineSpec, folder: Path) -> None:
        from vllm.benchmarks import serve  # noqa: PLC0415 - on the GPU machine alone, and slow
        from vllm.utils.argparse_utils import FlexibleArgumentParser  # noqa: PLC0415

        self._parser, self._main = FlexibleArgumentParser(), serve.main
        serve.add_cli_args(self._parser)

    def facts(self) -> dict[str, Any]:
        """The release."""
        import vllm  # noqa: PLC0415

        return {"vllm": vllm.__version__}

    def bench(self, arguments: Sequence[str]) -> dict[str, Any]:
        """What `vllm bench serve` with these arguments reports: its numbers. Raises what it does.

        RuntimeError where a request failed.
        """
        found = self._main(self._parser.parse_args(list(arguments)))
        if found["completed"] != found["num_prompts"]:
            raise RuntimeError(f"{found['completed']} of {found['num_prompts']} requests answered")
        return {k: v for k, v in found.items() if isinstance(v, (int, float)) and v == v}  # noqa: PLR0124


def main(argv: list[str] | None = None) -> int:
    """Serve one client."""
    return run_worker(BenchClient, argv)


if __name__ == "__main__":
    sys.exit(main())
