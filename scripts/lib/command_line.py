"""The command line of a module: called by its name, described by its docstring, with an example."""

from __future__ import annotations

import argparse
import sys


def parser(doc: str | None, example: str) -> argparse.ArgumentParser:
    """A parser that says what the module's docstring says, and ends with the ``example``.

    ``example``: a command; or several lines, below a first one that is empty or says so.
    """
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    called = f"python -m {spec.name}" if spec else None
    if sys.argv[0].startswith("graphx "):  # by scripts.cli, with the command's name
        called = sys.argv[0]
    if not example.startswith("example"):
        example = f"example:{'' if example.startswith(chr(10)) else ' '}{example}"
    return argparse.ArgumentParser(
        prog=called,
        description=doc,
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
