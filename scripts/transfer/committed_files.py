"""Config files of the mined history, looked up as the runtime would."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from scripts.lib.config import Config, ConfigError, parse_id
from scripts.lib.device import record_of
from scripts.lib.files import InputError
from scripts.lib.schemas.history import HISTORY, Status
from scripts.lib.shape import Shape, nearest_batch
from scripts.lib.tables import read_table

LOG = logging.getLogger("transfer.committed_files")


@dataclass(frozen=True)
class ConfigFile:
    """One device's file for one layer: configs by batch size, in the order of the file."""

    name: str
    device: str
    scheme: str
    experts: int
    intermediate: int
    configs: dict[int, Config]

    def at(self, tokens: int) -> Config:
        """The config the runtime takes for ``tokens``: nearest batch, ties to the first."""
        return self.configs[nearest_batch(tokens, list(self.configs))]


class History:
    """The usable config files: those the loader can ask for, their rejected entries left out.

    Files of a GPU that has no record are left out too, with a line in the log for each such GPU.
    """

    def __init__(self, rows: pd.DataFrame) -> None:
        """Take HISTORY rows. ConfigError for an id that is none, or two files for one layer."""
        # An empty backend is Triton's; the files of other backends hold another kernel's configs.
        usable = (rows["status"] == Status.CONFIG) & rows["reachable"] & (rows["backend"] == "")
        self._files: dict[tuple[int, int, str], dict[str, ConfigFile]] = {}
        ordered = rows[usable].sort_values(["file", "position"], kind="stable")
        named = ordered["device"].drop_duplicates()
        nameless = {device for device in named if record_of(str(device)) is None}
        for device in sorted(nameless):
            LOG.warning("%s: no GPU of that name is known (lib/devices.json); left out", device)
        ordered = ordered[~ordered["device"].isin(nameless)]
        for name, group in ordered.groupby("file", sort=True):
            self._add(str(name), group)

    def _add(self, name: str, rows: pd.DataFrame) -> None:
        first = rows.iloc[0]
        device = str(first["device"])
        batches = zip(rows["batch"], rows["config_id"], strict=True)
        key = int(first["E"]), int(first["N"]), str(first["scheme"])
        configs = {int(batch): parse_id(text) for batch, text in batches}
        file = ConfigFile(name, device, key[2], *key[:2], configs)
        other = self._files.setdefault(key, {}).setdefault(device, file)
        if other is not file:
            raise ConfigError(f"{other.name} and {name} stand for the same layer on {device}")

    def files(self, shape: Shape) -> dict[str, ConfigFile]:
        """Files for the layer's (E, N, scheme) by device, in the order of the devices' names.

        K and top_k are not part of a file's name: one file serves all of them.
        """
        found = self._files.get((shape.experts, shape.intermediate, shape.scheme), {})
        return dict(sorted(found.items()))

    def every(self) -> Iterator[ConfigFile]:
        """All GPUs' files, by layer and GPU."""
        for _, by_device in sorted(self._files.items()):
            yield from (by_device[device] for device in sorted(by_device))

    def of_scheme(self, scheme: str) -> Iterator[ConfigFile]:
        """Every GPU's files of a number format, by layer and GPU."""
        return (file for file in self.every() if file.scheme == scheme)

    def pairs(self, source: str, target: str) -> Iterator[tuple[str, ConfigFile, ConfigFile]]:
        """Scheme, source's file and target's file of every layer for which both GPUs have one."""
        for (_, _, scheme), by_device in sorted(self._files.items()):
            if source in by_device and target in by_device:
                yield scheme, by_device[source], by_device[target]


def read_history(path: Path) -> History:
    """Read a HISTORY table; InputError names the table and what is wrong in it."""
    columns = ["file", "E", "N", "scheme", "backend", "device", "batch", "position"]
    rows = read_table(path, HISTORY, [*columns, "config_id", "reachable", "status"])
    try:
        return History(rows)
    except ConfigError as error:
        raise InputError(f"{path}: {error}") from error
