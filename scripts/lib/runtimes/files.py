"""Config files written where the runtimes look them up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from scripts.lib.config import Config
from scripts.lib.files import InputError, write_text
from scripts.lib.runtimes.body import body
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.lib.shape import Shape


def runtime_paths(shape: Shape, device: str, triton: str) -> dict[str, Path | None]:
    """By runtime: the file's path below a folder of that runtime's name; None where it reads none.

    ``device``: as recorded; each runtime's own name for it stands in the path.
    """
    found = {name: one.path(shape, device, triton) for name, one in RUNTIMES.items()}
    return {name: path and Path(name, path) for name, path in found.items()}


def unread(scheme: str) -> str | None:
    """Why no runtime reads a file for a scheme, in a line; None if one does."""
    reasons = [one.unread(scheme) for one in RUNTIMES.values()]
    if not all(reasons):
        return None
    return f"no runtime reads a config file for {scheme}: {'; '.join(map(str, reasons))}"


def write_runtime_files(
    folder: Path,
    shape: Shape,
    device: str,
    configs: Mapping[int, Config],
    triton: str,
    runtimes: Collection[str] = RUNTIMES,
) -> dict[str, Path | None]:
    """Write ``folder/vllm`` and ``folder/sglang``; the path of each, None where none is read.

    ``runtimes``: those to write for. All texts are made before the first is written. InputError as
    of ``body``.
    """
    every = runtime_paths(shape, device, triton)
    paths = {name: every[name] for name in runtimes}
    texts = {
        folder / path: body(RUNTIMES[name], shape, device, configs, triton)
        for name, path in paths.items()
        if path is not None
    }
    for path, text in texts.items():
        write_text(path, text)
    return {name: path and folder / path for name, path in paths.items()}


def need_read(scheme: str, where: str) -> None:
    """InputError, beginning with ``where``, if no runtime reads a file for the scheme."""
    reason = unread(scheme)
    if reason is not None:
        raise InputError(f"{where}: {reason}; choose another number format")
