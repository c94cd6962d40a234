"""Whether a recorded command could be given again: its module and its options are there."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import io
import re
import shlex

# Nothing else is ever imported on a ledger's word.
_MODULE = re.compile(r"scripts(\.[a-z0-9_]+)+")


@functools.cache
def why_not_replayable(command: str) -> str | None:
    """What is wrong with ``python -m <module> <options>``; None if nothing is.

    Options are parsed by the module's own ``make_parser``, if it has one. Files that they name
    need not be there.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        return f"is no shell command ({error})"
    if words[:2] != ["python", "-m"] or len(words) < 3:
        return "does not begin with python -m <module>"
    name, options = words[2], words[3:]
    if not _MODULE.fullmatch(name) or not _exists(name):
        return f"there is no module {name}"
    make_parser = getattr(importlib.import_module(name), "make_parser", None)
    if make_parser is None:
        return None
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            make_parser().parse_args(options)
    except SystemExit:
        return f"is refused by its module: {said.getvalue().strip().splitlines()[-1][:200]}"
    return None


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
