"""data/upstream.yaml: what the histories are mined from, pinned, a runtime each.

A runtime's pin names a git repository (url, path, commit) or released wheels (package, path,
releases, oldest first); path may be a list where a folder changed its place. A file that holds
one git pin alone, without a runtime's name above it, is one too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_yaml

_FULL_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_RELEASE = re.compile(r"[0-9][0-9A-Za-z.!+]*")
RUNTIMES = ("vllm", "sglang")
_GIT, _WHEELS = ("url", "path", "commit"), ("package", "path", "releases")


@dataclass(frozen=True)
class Upstream:
    """A pinned repository: address, folders inside it, full commit hash."""

    url: str
    paths: tuple[str, ...]
    commit: str


@dataclass(frozen=True)
class Releases:
    """Pinned releases of a package, oldest first, and the folders inside their wheels."""

    package: str
    paths: tuple[str, ...]
    versions: tuple[str, ...]


def read_pins(path: Path) -> dict[str | None, Upstream | Releases]:
    """Runtime -> its pin; a pin that stands alone has no runtime.

    Raises InputError naming a missing, unknown or ill-formed field.
    """
    content = read_yaml(path)
    if not isinstance(content, dict) or not content or not content.keys() <= set(RUNTIMES):
        return {None: _pin(content, f"{path}")}
    return {name: _pin(value, f"{path}: {name}") for name, value in content.items()}


def _pin(content: Any, where: str) -> Upstream | Releases:
    fields = sorted(map(str, content)) if isinstance(content, dict) else []
    if fields == sorted(_GIT):
        return _upstream(content, where)
    if fields == sorted(_WHEELS):
        return _releases(content, where)
    raise InputError(
        f"{where}: must hold exactly the fields {', '.join(_GIT)} or {', '.join(_WHEELS)}"
    )


def _upstream(content: Mapping[str, Any], where: str) -> Upstream:
    for name in ("url", "commit"):
        _text(content[name], f"{where}: {name}")
    if not _FULL_HASH.fullmatch(content["commit"]):
        raise InputError(f"{where}: commit {content['commit']!r} is not a full hash")
    return Upstream(content["url"], _paths(content["path"], where), content["commit"])


def _releases(content: Mapping[str, Any], where: str) -> Releases:
    package, versions = _text(content["package"], f"{where}: package"), content["releases"]
    if not _PACKAGE.fullmatch(package):
        raise InputError(f"{where}: package {package!r} is not a package's name")
    if not isinstance(versions, list) or not versions:
        raise InputError(f"{where}: releases must be a list of versions, oldest first")
    for version in versions:
        if not _RELEASE.fullmatch(_text(version, f"{where}: releases")):
            raise InputError(f"{where}: releases: {version!r} is not a version")
    twice = sorted({version for version in versions if versions.count(version) > 1})
    if twice:
        raise InputError(f"{where}: releases: listed twice: {', '.join(twice)}")
    return Releases(package, _paths(content["path"], where), tuple(versions))


def _paths(value: Any, where: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) and value else [value]
    return tuple(_text(one, f"{where}: path").strip("/") for one in values)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(f"{where} is {value!r}; it must be text (quote it)")
    return value
