"""Whether a kernel of a release takes the arguments that its launcher passes: Triton's own binder,
for a GPU that is not there."""  # noqa: D205,D209

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Bound:
    """Stands in for a Triton kernel: binds a launch as Triton would, and compiles nothing."""

    def __init__(self, kernel: Any, arch: int | str) -> None:
        from triton.backends.compiler import GPUTarget  # noqa: PLC0415
        from triton.compiler.compiler import make_backend  # noqa: PLC0415
        from triton.runtime.jit import create_function_from_signature  # noqa: PLC0415

        target = (
            GPUTarget("cuda", arch, 32) if isinstance(arch, int) else GPUTarget("hip", arch, 64)
        )
        self._kernel, self._backend = kernel, make_backend(target)
        self._binder = create_function_from_signature(
            kernel.signature, kernel.params, self._backend
        )
        self.launches = 0

    def __getitem__(self, grid: Any) -> Callable[..., None]:
        def launch(*args: Any, **kwargs: Any) -> None:
            bound, specialization, options = self._binder(*args, **kwargs)
            self._kernel._pack_args(self._backend, kwargs, bound, specialization, options)
            if callable(grid):
                grid(bound)
            self.launches += 1

        return launch
