"""A user's config file as it lies there: its name taken apart, where it lies, its entries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.health.finding import BODY, Finding, Level
from scripts.lib.config import Config, ConfigError, from_entry
from scripts.lib.device import Device, record_of
from scripts.lib.files import InputError
from scripts.lib.runtimes.file_name import FileName, parse_name

TRITON_KEY = "triton_version"
_MOST = 2**31 - 1  # an entry's numbers are compiled into the kernel as 32 bits
_FOLDER = re.compile(r"triton_.*")


@dataclass(frozen=True)
class ConfigFile:
    """``name``: None if it is none that a runtime could write. ``body``: None if it is no JSON.

    ``configs``: the entries that could be read, in the file's order; ``folder``: the one of a
    Triton version that the file lies in, if it does.
    """

    path: Path
    name: FileName | None
    body: Mapping[str, Any] | None
    configs: Mapping[int, Config]
    folder: str | None = None

    @property
    def device(self) -> Device | None:
        """The record of the GPU that the name says, if it is known."""
        return record_of(self.name.device) if self.name else None

    @property
    def triton(self) -> str | None:
        """The version that the file or its folder says that it was made with."""
        said = (self.body or {}).get(TRITON_KEY)
        if said is None and self.folder:
            said = ".".join(self.folder.split("_")[1:4])
        return str(said) if said else None


def config_files(folder: Path) -> list[Path]:
    """All JSON files below a folder, sorted; a file stands for itself.

    InputError if there is none.
    """
    if not folder.exists():
        raise InputError(f"{folder}: not found; name a folder of config files")
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*.json"))
    found = [path for path in paths if folder.is_file() or path.name.startswith("E=")]
    if not found:
        raise InputError(f"{folder}: holds no config file (E=…,N=…,device_name=….json)")
    return found


def read_config_file(path: Path) -> tuple[ConfigFile, list[Finding]]:
    """The file, and what is wrong with its text. InputError if it cannot be read at all."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: could not be read ({error})") from error
    name = parse_name(path.name)
    folder = path.parent.name if _FOLDER.fullmatch(path.parent.name) else None
    try:
        body = json.loads(text, object_pairs_hook=_no_twins)
    except (ValueError, RecursionError) as error:
        found = [Finding(Level.WRONG, BODY, f"is not valid JSON ({error})")]
        return ConfigFile(path, name, None, {}, folder), found
    if not isinstance(body, dict):
        found = [Finding(Level.WRONG, BODY, "is no JSON object of entries by batch size")]
        return ConfigFile(path, name, None, {}, folder), found
    if name is not None and name.backend:
        words = f"is of another kernel ({name.backend}), whose entries are not judged"
        return ConfigFile(path, name, body, {}, folder), [Finding(Level.NOTE, BODY, words)]
    configs: dict[int, Config] = {}
    findings = list(_entries(body, configs))
    return ConfigFile(path, name, body, configs, folder), findings


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twins = sorted({key for key, _ in pairs if [one for one, _ in pairs].count(key) > 1})
    if twins:
        raise ValueError(f"key {', '.join(twins)} stands in it twice")
    return dict(pairs)


def _entries(body: Mapping[str, Any], configs: dict[int, Config]) -> Iterator[Finding]:
    for key, entry in body.items():
        if key == TRITON_KEY:
            continue
        if not re.fullmatch(r"[1-9]\d{0,8}", key):
            yield Finding(Level.WRONG, BODY, f"key {key!r} is no batch size: loaders raise on it")
            continue
        try:
            if not isinstance(entry, dict):
                raise ConfigError(f"{entry!r} is no entry")
            config = from_entry(entry)
            if max(entry.values()) > _MOST:
                raise ConfigError(f"holds {max(entry.values())}, more than 32 bits hold")
            configs[int(key)] = config
        except ConfigError as error:
            yield Finding(Level.WRONG, BODY, f"M = {key}: {error}", (int(key),))
    if not configs:
        yield Finding(Level.WRONG, BODY, "holds no entry that could be read")
