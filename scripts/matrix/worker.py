"""One engine in one process, as scripts.engine.worker, that also answers the levels' questions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from scripts.engine.spec import EngineSpec
from scripts.engine.worker import run_worker


def matrix_engine(spec: EngineSpec, folder: Path) -> Any:
    """Boot vLLM's engine with the levels' questions."""
    from scripts.matrix.engine import MatrixEngine  # noqa: PLC0415 - a quarter minute

    return MatrixEngine(spec, folder)


if __name__ == "__main__":
    sys.exit(run_worker(matrix_engine))
