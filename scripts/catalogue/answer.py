"""The answer for one layer: what ships, what was tuned, or a file from transfer and prediction."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from scripts.catalogue.asked import Layer
from scripts.catalogue.band import Band
from scripts.catalogue.known import Known
from scripts.catalogue.rows import MEASURED, Row, rows, shipped_rows, status_of
from scripts.catalogue.tuned import tuned
from scripts.lib.runtimes.files import write_runtime_files
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.lib.runtimes.shipped import Shipped, shipped
from scripts.lib.shape import BATCH_LADDER

LOG = logging.getLogger("config")
# Whose latencies all ratios are of: no runtime's operator was asked.
KERNEL = "graphx's own kernel, the two GEMMs of a layer with cold weights"


@dataclass(frozen=True)
class Answer:
    """What there is for a layer, or what was made for it.

    ``shipped``: by runtime what comes with it; ``worth``: its rows with what to expect of them,
    once that was asked for. ``status``: of the rows for the other runtimes: shipped, tuned,
    measured, transferred or predicted; none if there are none yet.
    """

    layer: Layer
    shipped: Mapping[str, Shipped]
    worth: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    status: str = "none"
    rows: Sequence[Row] = ()
    band: Band | None = None
    file_band: Band | None = None
    triton: str = ""
    sources: Sequence[str] = ()
    files: dict[str, Path] = field(default_factory=dict)

    @property
    def lacking(self) -> list[str]:
        """Runtimes that ship no file."""
        return [name for name in self.layer.runtimes if name not in self.shipped]

    @property
    def ratio(self) -> float | None:
        """Expected over vLLM's default, geometric mean over the rows; None if one has none."""
        return mean_of([row.ratio for row in self.rows])

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the ratio; None where it is not known, or all of it was measured."""
        if self.ratio is None or self.file_band is None:
            return None
        if all(row.source == MEASURED for row in self.rows):
            return None
        return self.ratio * self.file_band.low, self.ratio * self.file_band.high


def mean_of(ratios: Sequence[float | None]) -> float | None:
    """Geometric mean; None if one is not known, or there is none."""
    known = [ratio for ratio in ratios if ratio is not None]
    return float(np.exp(np.log(known).mean())) if known and len(known) == len(ratios) else None


def shipped_ends(found: Sequence[Row]) -> tuple[float, float] | None:
    """Of a shipped file's ratio: the means of its rows' ends, since a band of whole files held too
    few of them (results/details/expected.md)."""  # noqa: D205,D209
    low, high = (mean_of([getattr(row, end) for row in found]) for end in ("low", "high"))
    return None if low is None or high is None else (low, high)


def ready(layer: Layer, triton: str) -> Answer:
    """What is there already: files that ship, or that graphx tuned; ``status`` none if neither."""
    wanted = layer.wanted
    found = {
        name: file
        for name in layer.runtimes
        if (file := shipped(RUNTIMES[name], wanted.shape, wanted.device)) is not None
    }
    answer = Answer(layer, found, triton=triton)
    if not answer.lacking:
        return replace(answer, status="shipped")
    ours = tuned(wanted.shape, wanted.device)
    if ours is not None:
        given = [Row(m, config, "tuned on this GPU") for m, config in sorted(ours.configs.items())]
        return replace(answer, status="tuned", rows=given, triton=ours.triton)
    if found:
        (file, *_) = found.values()
        given = [Row(m, file.at(m), f"{file.runtime}'s file") for m in wanted.batches]
        return replace(answer, status="shipped", rows=given, triton=file.triton or triton)
    return answer


def answered(answers: Sequence[Answer], known: Known) -> list[Answer]:
    """With rows from transfer and prediction, all predicted at once.

    A space is compiled if it was not before.
    """
    if not answers:
        return []
    wanted = [answer.layer.wanted for answer in answers]
    found = rows(known, {(one.device, one.shape): one.batches for one in wanted})
    return [
        replace(
            answer,
            status=status_of(found[one.device, one.shape]),
            rows=found[one.device, one.shape],
            band=known.bands.of_row(one.device, one.shape.scheme),
            file_band=known.bands.of_file(one.device),
            sources=known.pool.sources(one.device, one.shape, lambda *_: True),
        )
        for answer, one in zip(answers, wanted, strict=True)
    ]


def with_worth(answers: Sequence[Answer], known: Known) -> list[Answer]:
    """With what is to be expected of the files that runtimes ship, and of one runtime's for all."""
    files = []
    for one in answers:
        pair = one.layer.wanted.device, one.layer.wanted.shape
        files += [(pair, file) for file in one.shipped.values()]
        if _borrows(one):
            (file, *_) = one.shipped.values()
            files.append(
                (pair, replace(file, configs={row.tokens: row.config for row in one.rows}))
            )
    found = iter(shipped_rows(known, files))
    done = []
    for one in answers:
        worth = {name: next(found) for name in one.shipped}
        done.append(replace(one, worth=worth, rows=next(found) if _borrows(one) else one.rows))
    return done


def _borrows(one: Answer) -> bool:
    """Whether its rows are those of another runtime's file."""
    return one.status == "shipped" and bool(one.rows)


def write(answer: Answer, folder: Path) -> None:
    """The files of the runtimes that ship none; ``answer.files`` has their paths."""
    if not answer.rows:
        return
    wanted = answer.layer.wanted
    configs = {row.tokens: row.config for row in answer.rows}
    for tokens in set(BATCH_LADDER) - set(configs):
        raise AssertionError(f"{wanted.shape.id}: no row for M = {tokens}")
    written = write_runtime_files(
        folder, wanted.shape, wanted.device, configs, answer.triton, answer.lacking
    )
    answer.files.update({name: path for name, path in written.items() if path is not None})


def to_json(answer: Answer) -> dict[str, Any]:
    """The record of an answer."""
    wanted, band = answer.layer.wanted, answer.band
    return {
        "device": wanted.device,
        "model": wanted.model,
        "shape": wanted.shape.id,
        "tensor_parallel": wanted.tensor_parallel,
        "expert_parallel": wanted.expert_parallel,
        "runtimes": list(answer.layer.runtimes),
        "why": answer.layer.why,
        "shipped": {
            name: {"file": one.file, "changed": one.changed, "triton": one.triton,
                   "batches": sorted(one.configs), "pinned": one.pinned}
            for name, one in answer.shipped.items()
        },
        "status": answer.status,
        "confidence": band and {"level": band.word, "reason": band.reason},
        "band": band and band.to_json(),
        "sources": list(answer.sources),
        "kernel": KERNEL,
        "ratio": answer.ratio and round(answer.ratio, 4),
        "interval": answer.interval and [round(end, 4) for end in answer.interval],
        "rows": [row.to_json() for row in answer.rows],
        "worth": {name: [row.to_json() for row in rows] for name, rows in answer.worth.items()},
        "files": {name: path.as_posix() for name, path in answer.files.items()},
    }  # fmt: skip


def first_lines(answer: Answer) -> Iterator[str]:
    """Whether each runtime ships a file for exactly this, and whether graphx tuned one."""
    wanted = answer.layer.wanted
    if answer.layer.why:
        yield f"{answer.layer.why}:"
    said = [_ships(name, answer) for name in answer.layer.runtimes]
    ours = "graphx tuned it on that GPU" if answer.status == "tuned" else "graphx has not tuned it"
    if answer.lacking:
        said.append(ours)
    yield f"{wanted.shape.id} on {wanted.device}: {'; '.join(said)}"


def _ships(name: str, answer: Answer) -> str:
    found = answer.shipped.get(name)
    if found is None:
        return f"{name} ships no file"
    triton = f"Triton {found.triton}" if found.triton else "Triton not stated"
    return (
        f"{name} ships {found.file} ({len(found.configs)} batch sizes, {found.changed}, {triton})"
    )
