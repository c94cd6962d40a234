"""The number formats, for those who cannot wait the second and more that torch takes to load.

``kernels.formats`` needs of torch the names of two dtypes, which only a kernel asks for. It is
loaded here with a stand-in that loads the real torch when it is asked for something; whoever
imports it later gets the same module. Packages that run no kernel import this one first.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Late(ModuleType):
    """A module that is loaded when it is first asked for an attribute."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def _load() -> ModuleType:
    if "torch" in sys.modules:
        return import_module("kernels.formats")
    sys.modules["torch"] = _Late("torch")
    try:
        return import_module("kernels.formats")
    finally:
        del sys.modules["torch"]


_FORMATS = _load()


def schemes() -> tuple[str, ...]:
    """The names of the number formats, the keys of ``kernels.formats.SCHEMES``, in their order."""
    return tuple(_FORMATS.SCHEMES)
