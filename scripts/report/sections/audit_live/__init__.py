"""Tuners put to the test on the GPU itself: pairs on the grid, flips, probes, planted faults."""

from __future__ import annotations

from scripts.lib.schemas import audit as audit_schema
from scripts.lib.schemas import audit_live as schema
from scripts.report.gpus import beside, of_gpu
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Frame, Frames, Section, Summary, made
from scripts.report.sections.audit import FOUND, MEANS
from scripts.report.sections.audit_live.choices import deviation, flips, pooled, tuned
from scripts.report.sections.audit_live.grid import RECREATED, pairs, recreated
from scripts.report.sections.audit_live.readings import audited, readings
from scripts.report.sections.datasets import RECORDED
from scripts.report.sections.provenance import RUNS

_MODULE = "audit.live.results"
GRID = made("live_grid", _MODULE, schema.LIVE_GRID)
PICKS = made("live_picks", _MODULE, schema.LIVE_PICKS)
POOLED = made("live_pooled", _MODULE, schema.LIVE_POOLED)
APART = made("live_apart", _MODULE, schema.LIVE_APART)
FINDINGS = made("live_findings", _MODULE, audit_schema.FINDINGS)
# tuner -> in words
TUNERS = {
    "published": "the published method: one timing of each config, warm, the fastest kept",
    "raced published": "the same timings, the near ones and those expected fastest raced",
    "graphx": "the first trials of S1-S8, which learned on recorded layers and asks the GPU",
    "raced graphx": "the same trials, the near ones and those expected fastest raced",
    "committed": "the committed file, looked up by the nearest batch size",
    "sglang": "SGLang's method: the GEMMs of a layer timed apart, a config for each",
    "triton": "Triton's own autotune round graphx's kernel, a tuner for each GEMM and tile height",
    "careless": "re-created: makes buffers for one tile height, and profiles to a cap",
    "mended": "the same without both faults",
    "flashinfer": "FlashInfer's own autotuner on its CuTe-DSL layer, its kernels and its tactics",
    "raced flashinfer": "the same timings, the near ones raced",
}


def live(read: Frames, device: str) -> Summary:
    """The whole of one GPU; nothing of one on which no live audit was recorded."""
    grid, picks, said = (of_gpu(read[f"live_{n}"], device) for n in ("grid", "picks", "findings"))
    if not len(grid):
        return {}
    found = {
        "layers": [str(one) for one in grid["layer"].unique()],
        "degrees": [int(one) for one in sorted(grid["ep"].unique())],
        "pairs": pairs(grid),
        "flips": flips(picks),
        "pooled": pooled(of_gpu(read["live_pooled"], device)),
        "deviation": deviation(of_gpu(read["live_apart"], device)),
        "tuned": tuned(picks),
        "probes": probes(said),
        "findings": findings(said),
        "asked": asked(said),
    }
    faults = recreated(grid)
    return {"audit_live": found | ({"recreated": faults} if faults else {})}


def probes(said: Frame) -> Figure:
    """``[tuner][probe]``: its verdict."""
    out: Figure = {}
    for row in plain_rows(said):
        out.setdefault(row["tuner"], {})[row["probe"]] = row["verdict"]
    return out


def findings(said: Frame) -> list[Figure]:
    """What was found: evidence and reproducer."""
    names = ("tuner", "probe", "layer", "effect", "smallest", "unit", "evidence", "command")
    found = said[said["verdict"] == FOUND]
    return [{name: row[name] for name in names} for row in plain_rows(found)]


def asked(said: Frame) -> list[Figure]:
    """Every probe of every tuner that did not find its fault, and what it could have seen."""
    names = ("tuner", "probe", "verdict", "effect", "smallest", "unit", "evidence")
    others = said[said["verdict"] != FOUND]
    return [{name: row[name] for name in names} for row in plain_rows(others)]


SECTION = Section(
    "audit_live",
    about="pairs of tuners on one grid: whether they choose alike, and what it costs",
    do="race what is near: a single timing of each config does not tell near ones apart.",
    origins={
        "audit_live/layers": [GRID],
        "audit_live/degrees": [GRID],
        "audit_live/pairs": [GRID],
        "audit_live/recreated": [GRID],
        "audit_live/flips": [PICKS],
        "audit_live/pooled": [POOLED],
        "audit_live/deviation": [APART],
        "audit_live/tuned": [PICKS],
        "audit_live/probes": [FINDINGS],
        "audit_live/findings": [FINDINGS],
        "audit_live/asked": [FINDINGS],
    },
    needs=(RECORDED, RUNS),
    # The key is there without a recording, too: a page says then that there is none.
    build=lambda read: {"audit_live": {}, **beside(read, lambda device: live(read, device))},
    readings=readings,
    values=lambda summary: {"live_audits": audited(summary)},
    words={"on_gpu_words": {"TUNERS": TUNERS, "MEANS": MEANS, "RECREATED": RECREATED}},
    captions={
        "audit_live": "Pairs of tuners on the GPU itself: how their choices compare, cell by cell."
    },
    links={"audit_live": "Tuners on the GPU"},
    phrases={
        "one tile height": "part of a definition",
        "vLLM 0.24": "a version that was read",
        "FlashInfer 0.7.2.post1": "a version that was run",
        "torch 2.11": "the version beside it",
        "Three helpers": "counted in scripts/audit/live/flashinfer/stand_ins.py",
        "512 tokens": "stated in that version's code, read and not run",
    },
)
