"""Write down what would be proposed on a GPU before anything is measured on it, and check it later.

For every row of every config file of the GPU, in the number formats that a GPU of its architecture
has a space of: the configs that a search would ask for first and their predicted latencies, from
other GPUs' recordings, config files and graphx-sim. The spec's lock takes its hash, the figures to
be judged and the code that will judge. A registration counts if every run on the GPU is younger.

With --hidden the GPU is recorded, and nothing of that is known: what is registered is then about
searches on it that are taught so (scripts.tune.study --teaching gpu_out): those must be younger.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib import command_line
from scripts.lib.chain import read_chain
from scripts.lib.device import devices, find_device
from scripts.lib.files import InputError, read_json, sha256, write_json
from scripts.lib.log import run_main
from scripts.lib.registration import changed, device_of, entries, judges, lock_in, name_of
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.schemas.registered import REGISTERED
from scripts.lib.shape import Cell, Shape, parse_shape
from scripts.lib.spec import LOCK, SPEC
from scripts.lib.tables import read_table, write_table
from scripts.tune.knowledge import Advice, Corpus, read_corpus
from scripts.tune.options import add_known, where
from scripts.tune.space import open_space

LOG = logging.getLogger("tune.register")
FIRST = 8  # proposals of a cell
EXAMPLE = """examples:
  python -m scripts.tune.register --device NVIDIA_H100_80GB_HBM3 --out data/registered
  python -m scripts.tune.register --device NVIDIA_H100_80GB_HBM3 --out data/registered \\
      --check data/recorded/measured/nvidia_h100-corpus/ledger.columns.xz
  python -m scripts.tune.register --device NVIDIA_H100_80GB_HBM3 --out data/registered \\
      --amend "the interval of a median was wrong"
  python -m scripts.tune.register --device NVIDIA_H200 --hidden --out data/registered
"""


def shapes_of(table: Path, corpus: Corpus, device: str, spaces: Path) -> list[Shape]:
    """Layers that the GPU has files of, in number formats that its kind has a space of; sorted."""
    ids = read_table(table, SHAPES, columns=["shape_id"])["shape_id"]
    arch = find_device(device).arch
    kin = [name for name, one in devices().items() if one.arch == arch]
    schemes = {
        path.stem.removeprefix(f"{name}-")
        for name in kin
        for path in spaces.glob(f"{name}-*.parquet")
    }
    shapes = sorted({parse_shape(text) for text in ids if text.rsplit("-", 1)[1] in schemes})
    return [shape for shape in shapes if device in corpus.history.files(shape)]


def proposals(corpus: Corpus, device: str, shape: Shape, build: Path) -> pd.DataFrame:
    """REGISTERED rows of a layer's file, at its own batch sizes, from all other GPUs' files."""
    space = open_space(find_device(device), shape.scheme, corpus.where.spaces, build)
    advice = Advice(corpus, device, shape, space)
    cells = [Cell(device, shape, tokens) for tokens in corpus.history.files(shape)[device].configs]
    advice.predict(cells)
    rows = [
        (cell.id, place, config.id, np.float32(us))
        for cell in sorted(cells)
        for place, (config, us) in enumerate(advice.ranked(cell, advice.sources)[:FIRST], start=1)
    ]
    return pd.DataFrame(rows, columns=REGISTERED.names)


def register(
    corpus: Corpus, device: str, shapes: Sequence[Shape], build: Path, out: Path, name: str
) -> str:
    """Write ``out/NAME.parquet`` and ``out/NAME.json``; when, ISO 8601.

    InputError if one is there already.
    """
    lock, table = out / f"{name}.json", out / f"{name}.parquet"
    if lock.exists():
        raise InputError(f"{lock}: is registered already; a registration is not written anew")
    if any(one.cell.device == device for one in corpus.recordings):
        raise InputError(
            f"--device {device}: has recordings; nothing can be registered before them"
        )
    parts, date = [], now()
    for number, shape in enumerate(shapes, start=1):
        parts.append(proposals(corpus, device, shape, build))
        LOG.info("%s: %d of %d layers", shape.id, number, len(shapes))
    found = pd.concat(parts, ignore_index=True)
    write_table(table, found, REGISTERED)
    write_json(
        lock,
        {
            "device": device,
            "registered": date,
            "table_sha256": sha256(table),
            "cells": int(found["cell_id"].nunique()),
            "layers": len(shapes),
            "spec_sha256": sha256(SPEC),
            "graphx_sim": corpus.simulator.version,
            "taught_by": sorted({one.cell.device for one in corpus.recordings}),
        },
    )
    return date


def now() -> str:
    """ISO 8601, UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check(out: Path, name: str, ledgers: Iterable[Path], lock_file: Path = LOCK) -> dict[str, Any]:
    """The registration; InputError if it is not as it was locked, or a run on the GPU is not
    younger."""  # noqa: D205,D209
    lock, table = out / f"{name}.json", out / f"{name}.parquet"
    body: dict[str, Any] = read_json(lock)
    if sha256(table) != body["table_sha256"]:
        raise InputError(f"{table}: is not the table that was registered; restore it")
    held = entries(name, lock_file)
    if not held or sha256(lock) != held[-1].registration:
        raise InputError(f"{lock}: is not what {lock_file} holds; restore it, or --amend REASON")
    for path in ledgers:
        for line in read_chain(path):
            if line["kind"] != "run" or not line["run_id"].startswith(f"{device_of(name)}-"):
                continue
            if line["started"] <= held[0].date:
                raise InputError(
                    f"{path}: {line['run_id']} began at {line['started']}, before the registration"
                    f" of {held[0].date}; what it measured cannot be judged as registered"
                )
    return body


def check_judges(name: str, lock_file: Path = LOCK) -> None:
    """InputError naming the files if the code that judges is not the one that was locked."""
    last = entries(name, lock_file)[-1]
    files = changed(last, judges(name))
    if files:
        raise InputError(
            f"{', '.join(files)}: judges otherwise than was locked on {last.date}; restore it, or"
            " --amend REASON before the GPU's first run"
        )


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--device", required=True, help="a GPU of which nothing is recorded")
    add("--hidden", action="store_true", help="of which nothing recorded is to be known")
    add("--shapes-table", type=Path, default=Path("results/tables/corpus/shapes.parquet"))
    add("--out", type=Path, required=True, help="folder of registrations")
    add("--check", type=Path, nargs="*", metavar="LEDGER", help="check it against these ledgers")
    add("--amend", metavar="REASON", help="lock what is registered with the code of today")
    add("--lock", type=Path, default=LOCK, help="the spec's lock (default %(default)s)")
    add_known(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        device = find_device(args.device).name
        name = name_of(device, hidden=args.hidden)
        if args.check is not None:
            found = check(args.out, name, args.check, args.lock)
            check_judges(name, args.lock)
            LOG.info("%s: registered %s, older than every run", name, found["registered"])
            return
        if args.amend is not None:
            lock_in(name, args.amend, now(), args.out, args.lock)
            return
        known = replace(where(args), hidden=device) if args.hidden else where(args)
        corpus = read_corpus(known, args.seed)
        shapes = shapes_of(args.shapes_table, corpus, device, args.spaces)
        date = register(corpus, device, shapes, args.build, args.out, name)
        lock_in(name, "registered", date, args.out, args.lock)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
