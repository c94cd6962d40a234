"""Rows of a file by the compiler's facts and graphx-sim: what cannot launch, what seems slow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.catalogue.band import Bands, read_bands
from scripts.health.config_file import ConfigFile
from scripts.health.finding import LEGALITY, PREDICTED, Finding, Level
from scripts.lib.carry import carried_over
from scripts.lib.device import Device, Vendor, devices
from scripts.lib.legality import Legality
from scripts.lib.runtimes.default_config import newest_default
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.shape import Cell, Shape
from scripts.lib.tables import read_table
from scripts.sim.confidence import confidence
from scripts.sim.facts import read_facts
from scripts.sim.predict import predict
from scripts.sim.simulator import Simulator, load

Row = Mapping[str, Any]
_UNITS = {
    "shared memory": "bytes of shared memory",
    "threads": "threads",
    "registers": "32-bit registers",
}
# Where the layer is not known: legality does not depend on it.
_ANY_HIDDEN, _ANY_TOP_K = 4096, 2


@dataclass(frozen=True)
class Known:
    """The files that predictions come from: model, folder of spaces, shapes, EXPECTED table."""

    model: Path
    spaces: Path
    shapes: Path
    expected: Path

    @cached_property
    def simulator(self) -> Simulator:
        """The fitted model."""
        return load(self.model)

    @cached_property
    def layers(self) -> pd.DataFrame:
        """SHAPES of layers whose model is known."""
        shapes = read_table(self.shapes, SHAPES)
        return shapes[~shapes["assumed"]]

    @cached_property
    def bands(self) -> Bands:
        """By what an expected ratio is multiplied for the ends of its interval."""
        return read_bands(self.expected)

    def facts(self, device: Device, scheme: str) -> pd.DataFrame:
        """The compiler's facts of the GPU's architecture in the number formats; may be none."""
        kin = (name for name, one in devices().items() if one.arch == device.arch)
        paths = (self.spaces / f"{name}-{scheme}.parquet" for name in kin)
        return read_facts([path for path in paths if path.exists()][:1])


def predicted_findings(file: ConfigFile, known: Known, schemes: set[str]) -> Iterator[Finding]:
    """``schemes``: the number formats that a kernel is known for."""
    if file.name is None or file.device is None or not file.configs:
        return
    if file.name.scheme not in schemes:
        words = f"no kernel for {file.name.scheme} is known here: its rows are not judged"
        yield Finding(Level.NOTE, LEGALITY, words)
        return
    if file.device.vendor is Vendor.INTEL:
        words = f"no limits of {file.device.name} are known here: its rows are not judged"
        yield Finding(Level.NOTE, LEGALITY, words)
        return
    layer, sure = layer_of(file, known)
    configs = {m: carried_over(config, file.device) for m, config in file.configs.items()}
    cells = [Cell(file.device.name, layer, tokens) for tokens in configs]
    defaults = {cell: newest_default(layer, cell.tokens, file.device) for cell in cells}
    asked = [(cell, configs[cell.tokens]) for cell in cells]
    asked += [(cell, config) for cell, config in defaults.items() if config is not None]
    table = pd.DataFrame(
        {
            "cell_id": [cell.id for cell, _ in asked],
            "config_id": [config.id for _, config in asked],
        }
    )
    facts = known.facts(file.device, file.name.scheme)
    found: list[Any] = predict(table, facts, known.simulator).to_dict("records")
    rows: dict[tuple[str, str], Row] = {(one["cell_id"], one["config_id"]): one for one in found}
    for cell in cells:
        name = configs[cell.tokens].id
        row = rows[cell.id, name]
        if row["legality"] == Legality.ILLEGAL:
            yield _illegal(cell, name, row)
            continue
        default = defaults[cell]
        if not sure or default is None:
            continue
        ratio = row["predicted_us"] / rows[cell.id, default.id]["predicted_us"]
        if ratio * known.bands.of_row(cell.device, layer.scheme).low > 1.0:
            yield _slow(cell, name, ratio, known)


def layer_of(file: ConfigFile, known: Known) -> tuple[Shape, bool]:
    """The layer that a file's name most likely stands for, and whether a model is known for it."""
    assert file.name is not None
    name = file.name
    sizes = {one.layer_intermediate(name) for one in RUNTIMES.values()}
    table = known.layers
    same = table[(table["E"] == name.experts) & table["N"].isin(sizes)]
    mine = same[same["scheme"] == name.scheme]
    for rows in (mine, same):
        if len(rows):
            row = rows.iloc[0]
            size = int(row["N"])
            return Shape(name.experts, size, int(row["K"]), int(row["top_k"]), name.scheme), True
    top_k = min(_ANY_TOP_K, name.experts)
    return Shape(name.experts, max(sizes), _ANY_HIDDEN, top_k, name.scheme), False


def _illegal(cell: Cell, config_id: str, row: Row) -> Finding:
    by = "" if row["compiled"] else ", by a formula: it was not compiled here"
    words = (
        f"M = {cell.tokens}: {config_id} cannot launch on {cell.device}: it needs"
        f" {int(row['needed']):,} {_UNITS[row['resource']]} a block,"
        f" {int(row['available']):,} are available{by}"
    )
    level = Level.WRONG if row["compiled"] else Level.NOTE
    return Finding(level, LEGALITY, words, (cell.tokens,))


def _slow(cell: Cell, config_id: str, ratio: float, known: Known) -> Finding:
    trust = confidence(cell.device, cell.shape.scheme, known.simulator)
    words = (
        f"M = {cell.tokens}: {config_id} is predicted {ratio - 1:.0%} behind vLLM's default, more"
        f" than such predictions miss by (confidence {trust.level.value}: {trust.reason})"
    )
    return Finding(Level.NOTE, PREDICTED, words, (cell.tokens,))
