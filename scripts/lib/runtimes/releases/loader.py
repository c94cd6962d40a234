"""One release of a runtime, as far as its config files go."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from scripts.lib.runtimes.releases.request import Request

Find = Callable[[int], dict[str, int]]  # tokens -> the entry that is taken


class Loader(Protocol):
    """The functions of a release that find a config and launch its kernel, on a GPU not there."""

    package: str
    version: str

    def find(self, folder: Path, request: Request, triton: str) -> Find:
        """By tokens, the entry that it takes with ``folder`` as the user's folder of configs.

        Raises what the release raises. KeyError where it falls back to its default.
        """

    def launch(self, request: Request, tokens: int, entry: dict[str, int]) -> int:
        """Bind a launch of gate-up with that entry; how many kernels took it. Raises as it does."""


class NotFoundError(KeyError):
    """The release finds no file and takes its default."""


def call(function: Callable[..., Any], **known: Any) -> Any:
    """Call with those of ``known`` that the function asks for; what else it needs is None or no."""
    wanted = inspect.signature(function).parameters
    given = {name: known[name] for name in wanted if name in known}
    for name, parameter in wanted.items():
        if name not in given and parameter.default is inspect.Parameter.empty:
            given[name] = False if name.startswith(("use_", "mul_", "per_")) else None
    return function(**given)
