"""The binaries of configs, asked for long before they are needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

from scripts.lib.config import Config, parse_id
from scripts.lib.shape import Shape
from scripts.tune.compilers import Compilers
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

    def forget(self) -> None:
        """Nothing."""

    def stop(self) -> list[Body]:
        """No binaries."""
        return []


class CompiledAhead:
    """For a GPU. ``target``: as LayerWorker.do_target says; ``run_time``: as in Conditions."""

    def __init__(
        self,
        target: tuple[Any, ...],
        run_time: Collection[str],
        record: Callable[[Body], Any],
        *,
        processes: int,
        deadline_s: float,
        method: str,
    ) -> None:
        # Imported here, since kernels are made for the compiler when they are imported.
        from scripts.measure.work.binaries import jobs_of, result_of  # noqa: PLC0415

        self._jobs_of, self._run_time = jobs_of, tuple(run_time)
        self.compilers = Compilers(
            make_compiler,
            (target,),
            result_of,
            record,
            processes=processes,
            deadline_s=deadline_s,
            method=method,
        )

    def want(self, configs: Iterable[Config], shape: Shape, rank: int = 0) -> None:
        """See ``Ahead``."""
        entries = [config.to_entry() for config in configs]
        self.compilers.want(self._jobs_of(entries, shape, self._run_time), rank)

    def __call__(self, config_id: str, shape: Shape) -> str | None:
        """See ``Ahead``."""
        entry = parse_id(config_id).to_entry()
        jobs = self._jobs_of([entry], shape, self._run_time)
        self.compilers.want(jobs, rank=-1)
        for job in jobs:
            reason = self.compilers.result(job)["reason"]
            if reason is not None:
                return f"{job.id.split('/')[0]}: {reason}"
        return None

    def forget(self) -> None:
        """See ``Ahead``."""
        self.compilers.forget()

    def stop(self) -> list[Body]:
        """See ``Ahead``."""
        self.compilers.stop()
        return self.compilers.results
