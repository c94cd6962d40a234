"""What an operator launches of its kernels in Triton: kept to be asked, or compiled and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class Launched:
    """The binaries that a call of an operator launched, in its order.

    ``kernels``: Triton's, whose launches are kept from now on. ``clear()`` before each call.
    """

    def __init__(self, kernels: Sequence[Any]) -> None:
        self._found: list[Any] = []
        for kernel in kernels:
            kernel.run = self._keeping(kernel.run)

    def _keeping(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def launch(*args: Any, **kwargs: Any) -> Any:
            self._found.append(run(*args, **kwargs))
            return self._found[-1]

        return launch

    def clear(self) -> None:
        """Forget those of the last call."""
        self._found.clear()

    def resources(self) -> dict[str, list[int] | None]:
        """See ``Op``."""
        pair = self._found
        if len(pair) != 2:  # a kernel of the operator that is not Triton's
            return {"registers": None, "spills": None}
        return {
            "registers": [int(binary.n_regs) for binary in pair],
            "spills": [int(binary.n_spills) for binary in pair],
        }


@contextmanager
def compiling(*kernels: Any) -> Iterator[None]:
    """Launches of these Triton kernels compile them and do no more."""
    runs = [kernel.run for kernel in kernels]

    def compiled(run: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: run(*args, **(kwargs | {"warmup": True}))

    for kernel, run in zip(kernels, runs, strict=True):
        kernel.run = compiled(run)
    try:
        yield
    finally:
        for kernel, run in zip(kernels, runs, strict=True):
            kernel.run = run
