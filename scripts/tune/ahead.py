"""The binaries of configs, asked for long before they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from scripts.lib.config import Config, parse_id
from scripts.lib.shape import Shape
from scripts.measure.work.compile_result import result_of
from scripts.tune.compilers import Compilers
from scripts.tune.jobs import JobNames
from scripts.tune.worker import make_compiler

Body = dict[str, Any]


class Ahead(Protocol):
    """Makes configs ready, and says what the compiler said of them."""

    def want(self, configs: Iterable[Config], shape: Shape, rank: int = 0) -> None:
        """Begin, and return at once; the lowest rank first."""
        ...

    def __call__(self, config_id: str, shape: Shape) -> str | None:
        """Why a config cannot run on a shape; None once all of its binaries are there."""
        ...

    def ready(self, config: Config, shape: Shape) -> bool:
        """Whether all of its binaries are there; never waits."""
        ...

    def forget(self) -> None:
        """Drop what was wanted and has not begun: another layer is next."""
        ...

    def stop(self) -> list[Body]:
        """End; the results of all binaries that were compiled."""
        ...


class NothingToCompile:
    """For the interpreter."""

    def want(self, configs: Iterable[Config], shape: Shape, rank: int = 0) -> None:
        """Nothing."""

    def __call__(self, config_id: str, shape: Shape) -> str | None:
        """No reason."""

    def ready(self, config: Config, shape: Shape) -> bool:
        """Always."""
        return True

    def forget(self) -> None:
        """Nothing."""

    def stop(self) -> list[Body]:
        """No binaries."""
        return []


class CompiledAhead:
    """For a GPU. ``target``: as LayerWorker.do_warm says; ``names``: says which binaries."""

    def __init__(
        self,
        target: tuple[Any, ...],
        names: JobNames,
        record: Callable[[Body], Any],
        *,
        processes: int,
        deadline_s: float,
        method: str,
    ) -> None:
        self._names = names
        self.compilers = Compilers(
            make_compiler,
            (target,),
            lambda task, seconds, reason: result_of(task.id, seconds, reason),
            record,
            processes=processes,
            deadline_s=deadline_s,
            method=method,
        )

    def want(self, configs: Iterable[Config], shape: Shape, rank: int = 0) -> None:
        """See ``Ahead``."""
        self.compilers.want(self._names(configs, shape), rank)

    def __call__(self, config_id: str, shape: Shape) -> str | None:
        """See ``Ahead``."""
        tasks = self._names([parse_id(config_id)], shape)
        self.compilers.want(tasks, rank=-1)
        for task in tasks:
            reason = self.compilers.result(task)["reason"]
            if reason is not None:
                return f"{task.id.split('/')[0]}: {reason}"
        return None

    def ready(self, config: Config, shape: Shape) -> bool:
        """See ``Ahead``."""
        found = [self.compilers.known(task) for task in self._names([config], shape)]
        return all(one is not None and one["reason"] is None for one in found)

    def forget(self) -> None:
        """See ``Ahead``."""
        self.compilers.forget()

    def stop(self) -> list[Body]:
        """See ``Ahead``."""
        self.compilers.stop()
        return self.compilers.results
