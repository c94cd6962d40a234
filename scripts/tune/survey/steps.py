"""The commands that measure a part, and where they write: one ledger for each recording."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scripts.lib.recordings import GPU_OUT
from scripts.tune.survey.parts import Kind, Part

SWEEP = "scripts.measure.sweep"
STUDY = "study"  # folder of the study's ledger, whose name is that of a study on one GPU
STUDY_LEDGER = "ledger-1-of-1.jsonl"
PATIENCE_S = 30  # for a sweep that outlived what started it
Command = list[str]  # arguments of ``python -m``


@dataclass(frozen=True)
class Terms:
    """On which GPU and backend, where configs are known from, and whether the GPU may be in use."""

    gpu: str = "0"
    backend: str = "gpu"
    history: Path = Path("data/recorded/history.parquet")
    allow_busy: bool = False
    shapes_table: Path = Path("results/tables/corpus/shapes.parquet")


def ledger_of(part: Part, folder: Path) -> Path | None:
    """The ledger that a part is written to; None of a part that is one file."""
    if part.kind is Kind.STUDY:
        return folder / STUDY / STUDY_LEDGER
    if part.kind in (Kind.SWEEP, Kind.AGAIN):
        return folder / f"{part.recording}.jsonl"
    return None


def file_of(part: Part, folder: Path) -> Path:
    """What a part without a ledger writes."""
    ending = "json" if part.kind is Kind.PEAKS else "parquet"
    return folder / f"{part.kind}.{ending}"


def commands(part: Part, folder: Path, seconds: float, terms: Terms) -> list[Command]:
    """One after the other; what can pause does so after ``seconds``."""
    if part.kind in (Kind.PEAKS, Kind.CORRECTNESS):
        return [[f"scripts.measure.{part.kind}", "--out", str(file_of(part, folder))]]
    if part.kind is Kind.STUDY:
        return [_study(part, folder, seconds, terms)]
    plan, before = folder / part.plan, list[Command]()
    if part.kind is Kind.AGAIN:
        live, studied = folder / "live.parquet", folder / STUDY / STUDY_LEDGER
        before = [
            ["scripts.tune.live", "--ledger", str(studied), "--history", str(terms.history),
             "--out", str(live)],
            ["scripts.tune.again", "--live", str(live), "--out", str(plan)],
        ]  # fmt: skip
    sweep = [
        SWEEP, "--plan", str(plan), "--ledger", str(ledger_of(part, folder)),
        "--gpus", terms.gpu, "--backend", terms.backend, "--seconds", f"{seconds:.0f}",
        "--wait", str(PATIENCE_S),
    ]  # fmt: skip
    return [*before, [*sweep, *_busy(terms)]]


def _study(part: Part, folder: Path, seconds: float, terms: Terms) -> Command:
    return [
        "scripts.tune.study", "--gpus", terms.gpu, "--teaching", GPU_OUT,
        "--shapes", *part.shapes, "--history", str(terms.history),
        "--shapes-table", str(terms.shapes_table), "--seconds", f"{seconds:.0f}",
        "--out", str(folder / STUDY), *_busy(terms),
    ]  # fmt: skip


def _busy(terms: Terms) -> Command:
    return ["--allow-busy"] if terms.allow_busy else []
