"""data/upstream.yaml: which repository, folder and commit the history is mined from."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path

from scripts.lib.files import InputError, read_yaml

_FULL_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Upstream:
    """The pinned source: address, folder inside the repository, full commit hash."""

    url: str
    path: str
    commit: str


def read_upstream(path: Path) -> Upstream:
    """Read the pin. Raises InputError naming a missing, unknown or ill-formed field."""
    content = read_yaml(path)
    names = [field.name for field in fields(Upstream)]
    if not isinstance(content, dict) or sorted(map(str, content)) != sorted(names):
        raise InputError(f"{path}: must hold exactly the fields {', '.join(names)}")
    for name, value in content.items():
        if not isinstance(value, str) or not value:
            raise InputError(f"{path}: {name} is {value!r}; it must be text (quote it)")
    if not _FULL_HASH.fullmatch(content["commit"]):
        raise InputError(f"{path}: commit {content['commit']!r} is not a full hash")
    return Upstream(content["url"], content["path"].strip("/"), content["commit"])
