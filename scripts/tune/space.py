"""The legal configs of a GPU and number formats: the table that `make` built, or compiled now."""

from __future__ import annotations

import logging
import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from scripts.lib.device import Device, devices
from scripts.lib.schemas.space import SPACE
from scripts.lib.tables import read_table, write_table
from scripts.sim.facts import read_facts
from scripts.transfer.legal import LegalSpace, read_legal

LOG = logging.getLogger("tune.space")


@dataclass(frozen=True)
class Space:
    """Legal configs, the compiler's facts of them (scripts.sim.facts), and how they were had.

    ``origin``: ``table``, ``kin`` (a GPU of the same architecture) or ``compiled`` just now.
    """

    legal: LegalSpace
    facts: pd.DataFrame
    path: Path
    origin: str


def open_space(device: Device, scheme: str, folder: Path, build: Path) -> Space:
    """The space of a (GPU, scheme); what ``folder`` has no table of is made and kept in ``build``.

    GPUs of one architecture have one space. Without a table of any of them it is compiled: about
    0.7 s of a core for each of some 300 binaries on NVIDIA, more on AMD; no GPU is needed.
    InputError if no config is legal.
    """
    path, origin = make_space(device, scheme, folder, build)
    return Space(read_legal(path, device.name, scheme), read_facts([path]), path, origin)


def make_space(device: Device, scheme: str, folder: Path, build: Path) -> tuple[Path, str]:
    """The table of a space, made in ``build`` where ``folder`` has none; and its origin."""
    name = f"{device.name}-{scheme}.parquet"
    if (folder / name).exists():
        return folder / name, "table"
    return build / name, _make(device, scheme, folder, build / name)


def _make(device: Device, scheme: str, folder: Path, path: Path) -> str:
    for kin in (name for name, one in devices().items() if one.arch == device.arch):
        known = folder / f"{kin}-{scheme}.parquet"
        if known.exists():
            LOG.info("%s: the space of %s, which has the same architecture", path.name, kin)
            write_table(path, read_table(known, SPACE).assign(device=device.name), SPACE)
            return "kin"
    if not path.exists():
        write_table(path, _compiled(device, scheme, path.with_suffix(".cache.jsonl")), SPACE)
    return "compiled"


def _compiled(device: Device, scheme: str, cache: Path) -> pd.DataFrame:
    """Compile what stands for the space and judge all of it; killed, the cache keeps the rest."""
    # Imported here: a user whose GPU has a table needs no compiler before the search begins.
    from scripts.space.binaries import binaries_of  # noqa: PLC0415
    from scripts.space.cache import Cache  # noqa: PLC0415
    from scripts.space.compile import compile_missing  # noqa: PLC0415
    from scripts.space.compiled import compiled_table  # noqa: PLC0415
    from scripts.space.enumerate import enumerate_space  # noqa: PLC0415
    from scripts.space.targets import find_form  # noqa: PLC0415

    form = find_form(scheme)
    binaries = [one for one in binaries_of(device.arch, scheme, []) if not one.drawn]
    LOG.info("%s, %s: no table; %d binaries to compile", device.name, scheme, len(binaries))
    with closing(Cache(cache)) as results:
        compile_missing(binaries, results, os.cpu_count() or 1)
        return enumerate_space(device, form, compiled_table(binaries, results.results))
