"""One engine in one process, as scripts.engine.worker, that also answers the levels' questions.

An engine of several GPUs has a process for each (scripts.matrix.ranks).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from scripts.engine.spec import EngineSpec, read_spec
from scripts.engine.worker import make_parser, run_worker
from scripts.matrix.ranks import RANK, lead, ranks_of


def matrix_engine(spec: EngineSpec, folder: Path) -> Any:
    """Boot vLLM's engine with the levels' questions."""
    from scripts.matrix.engine import MatrixEngine  # noqa: PLC0415 - a quarter minute

    return MatrixEngine(spec, folder)


def main(argv: list[str] | None = None) -> int:
    """Serve one engine, or lead the processes of one that has several GPUs."""
    args = make_parser().parse_args(argv)
    count = ranks_of(read_spec(args.spec))
    if count > 1 and RANK not in os.environ:
        return lead(count, args.spec, args.folder)
    return run_worker(matrix_engine, argv)


if __name__ == "__main__":
    sys.exit(main())
