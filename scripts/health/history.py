"""A file against those that runtimes ship under its name, and how old it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.health.config_file import ConfigFile
from scripts.health.finding import HISTORY, TRITON, Finding, Level, tokens_words
from scripts.health.lookup import found_by
from scripts.lib.runtimes.rules import release
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.lib.runtimes.shipped import Shipped, file_named


def history_findings(
    file: ConfigFile, histories: Mapping[str, Path], triton: str
) -> Iterator[Finding]:
    """``histories``: what each runtime's files were mined into; ``triton``: that will run it."""
    twins = {}
    if file.name is not None and file.configs:
        for name in found_by(file):
            found = file_named(RUNTIMES[name], file.path.name, histories[name])
            if found is not None:
                twins[name] = found
    for name, twin in twins.items():
        yield Finding(Level.NOTE, HISTORY, _against(file, name, twin))
    yield from _triton(file, triton)


def _against(file: ConfigFile, name: str, twin: Shipped) -> str:
    differing = tuple(m for m, config in file.configs.items() if twin.configs.get(m) != config)
    about = f"last changed {twin.changed}"
    if not differing and set(file.configs) == set(twin.configs):
        return f"the same as what {name} ships, {about}"
    if not differing:
        return f"{name} ships one of {len(twin.configs)} batch sizes, {about}; the rows here agree"
    return f"{name} ships another, {about}: it differs at {tokens_words(differing)}"


def _triton(file: ConfigFile, triton: str) -> Iterator[Finding]:
    said = file.triton
    if said is None and not file.configs:
        return  # nothing was read: it says nothing at all
    if said is None:
        yield Finding(Level.NOTE, TRITON, "does not say under which Triton it was tuned")
        return
    try:
        old = release(said)[:2] < release(triton)[:2]
    except ValueError:
        yield Finding(Level.NOTE, TRITON, f"says Triton {said!r}, which is no version")
        return
    if old:
        words = f"tuned under Triton {said}, stale for {triton}, whose binaries are others"
        yield Finding(Level.NOTE, TRITON, words)
