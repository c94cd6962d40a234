"""Tuners put to the test on the GPU itself: pairs on the grid, flips, probes, planted faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from scripts.lib.config import parse_id
from scripts.lib.device import short_name
from scripts.lib.schemas import audit as audit_schema
from scripts.lib.schemas import audit_live as schema
from scripts.report import wording
from scripts.report.estimates import estimated
from scripts.report.gpus import beside, each, of_gpu
from scripts.report.rows import plain_rows
from scripts.report.section import (
    Figure,
    Frame,
    Frames,
    Headline,
    Section,
    Summary,
    find,
    made,
)
from scripts.report.sections.audit import FOUND, MEANS
from scripts.report.sections.datasets import RECORDED
from scripts.report.sections.provenance import RUNS

_MODULE = "audit.live.results"
GRID = made("live_grid", _MODULE, schema.LIVE_GRID)
PICKS = made("live_picks", _MODULE, schema.LIVE_PICKS)
POOLED = made("live_pooled", _MODULE, schema.LIVE_POOLED)
APART = made("live_apart", _MODULE, schema.LIVE_APART)
FINDINGS = made("live_findings", _MODULE, audit_schema.FINDINGS)
RECREATED = ("careless", "mended")
_ARENA = 64  # tile height for which the re-created tuner makes its buffers
_MANY = 5  # restarts from which on flips are counted
_PLAIN = (
    "ep", "tokens", "pick_first", "pick_second", "margin_first", "margin_second", "processes",
    "matched", "faster", "word", "spread", "floor", "pass_first", "pass_second", "kernels_first",
    "kernels_second", "logits_diff", "max_abs",
)  # fmt: skip
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


def pairs(grid: Frame) -> list[Figure]:
    """Each pair: counts over its cells, their rows, and the reasons of those not compared."""
    out = []
    for (first, second), mine in grid.groupby(["first", "second"], sort=True):
        there = mine[mine["reason"].isna()]
        unlike = there["pick_first"] != there["pick_second"]
        apart = there[unlike & there["ratio"].notna()]
        words = apart["word"].value_counts()
        every = apart["processes"] - apart["matched"]  # in which they differ
        agreed = (apart["faster"] == 0) | (apart["faster"] == every)
        out.append({
            "first": str(first), "second": str(second),
            "cells": len(mine), "compared": len(there),
            "parity": int(there["parity"].astype(bool).sum()),
            "matched": int((~unlike).sum()), "mismatched": int(unlike.sum()),
            "words": {word: int(words.get(word, 0)) for word in ("win", "tie", "loss")},
            "sign_kept": int(agreed.sum()), "apart": len(apart),
            "largest_spread": _largest(apart["spread"]),
            "largest_floor": _largest(there["floor"]),
            "largest_diff": _largest(there["logits_diff"]),
            "rows": [_cell(row) for row in plain_rows(there)],
            "absent": {str(k): int(n) for k, n in mine["reason"].value_counts().items()},
        })  # fmt: skip
    return out


def _largest(values: Any) -> float | None:
    return float(values.max()) if values.notna().any() else None


def _cell(row: dict[Any, Any]) -> Figure:
    found: Figure = {name: row[name] for name in _PLAIN}
    found["one"] = row["pick_first"] == row["pick_second"]
    found["ratio"] = None
    if row["ratio"] is not None:
        found["ratio"] = estimated(row, "ratio", n="processes")
    for side in ("first", "second"):
        whole, kernels = row[f"pass_{side}"], row[f"kernels_{side}"]
        found[f"between_{side}"] = None if kernels is None else whole - kernels
    return found


def flips(picks: Frame) -> Figure:
    """By tuner, over cells with many restarts: how often the choice is the commonest one."""
    out: Figure = {}
    for tuner, mine in picks[picks["restarts"] >= _MANY].groupby("tuner", sort=True):
        often = mine["restarts"].to_numpy()
        out[str(tuner)] = {
            "cells": len(mine), "restarts": int(often.min()),
            "same": float((mine["same"] * often).sum() / often.sum()),
            "flipping": int((mine["choices"] > 1).sum()),
            "most": int(mine["choices"].max()),
            "named": _weighed(mine, "named"), "decided": _weighed(mine, "decided"),
            "rows": [
                {name: row[name] for name in
                 ("ep", "tokens", "restarts", "choices", "same", "named", "bits", "margin",
                  "config_id")}
                for row in plain_rows(mine)
            ],
        }  # fmt: skip
    return out


def _weighed(cells: Frame, share: str) -> float | None:
    """A share of restarts over all cells; None of a tuner that does not say it."""
    if cells[share].isna().any():
        return None
    often = cells["restarts"].to_numpy()
    return float((cells[share] * often).sum() / often.sum())


def pooled(tunings: Frame) -> list[Figure]:
    """By processes of a tuning, over its cells."""
    out = []
    for _, mine in tunings.groupby("processes", sort=True):
        shares = {name: _weighed(mine, name) for name in ("same", "named", "decided")}
        regret = float(np.exp(np.log(mine["regret"]).mean()))
        out.append({
            "processes": int(mine["processes"].iloc[0]), "cells": len(mine),
            "restarts": int(mine["restarts"].min()), "regret": regret,
            "flipping": int((mine["choices"] > 1).sum()), **shares,
        })  # fmt: skip
    return out


def deviation(cells: Frame) -> Figure:
    """How far processes put two tactics apart: root mean square over cells, here and before."""
    out: Figure = {"cells": len(cells)}
    for name in ("apart", "before"):
        known = cells[name].dropna()
        out[name] = float(np.sqrt((known**2).mean())) if len(known) else None
    often = cells[cells["processes"] >= _MANY]
    out["rows"] = [
        {name: row[name] for name in ("ep", "tokens", "processes", "apart", "before")}
        for row in plain_rows(often)
    ]
    return out


def tuned(picks: Frame) -> Figure:
    """By tuner: cells, choices and failures in fresh processes, median seconds of a tuning."""
    out: Figure = {}
    for tuner, mine in picks.groupby("tuner", sort=True):
        reasons = mine["reason"].dropna()
        seconds = mine["seconds"].dropna()
        out[str(tuner)] = {
            "cells": len(mine), "chose": int(mine["restarts"].sum()),
            "failed": int(mine["failed"].sum()),
            "reason": str(reasons.iloc[0]) if len(reasons) else None,
            "seconds": float(seconds.median()) if len(seconds) else None,
            "ranked": int(mine["ranked"].max()) if mine["ranked"].notna().any() else 0,
        }  # fmt: skip
    return out


def recreated(grid: Frame) -> Figure:
    """What both faults together do: how often the tile of the buffers is chosen, and its price."""
    chosen = (grid["first"] == RECREATED[0]) & (grid["second"] == RECREATED[1])
    mine = grid[chosen & grid["reason"].isna()]
    if not len(mine):
        return {}
    rows = plain_rows(mine)
    over = [1 / row["ratio"] if row["ratio"] else 1.0 for row in rows]
    worst = int(np.argmax(over))
    return {
        "cells": len(rows), "tile": _ARENA,
        "careless": sum(parse_id(row["pick_first"]).block_size_m == _ARENA for row in rows),
        "mended": sum(parse_id(row["pick_second"]).block_size_m == _ARENA for row in rows),
        "behind": float(np.exp(np.mean(np.log(over)))),
        "worst": float(over[worst]), "worst_tokens": rows[worst]["tokens"],
    }  # fmt: skip


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


def audited(summary: Summary) -> list[tuple[str, Figure]]:
    """(GPU, what was found there); ``recorded``: the race's share of one choice on recorded trials,
    None where it was not asked there."""  # noqa: D205,D209
    return [
        (device, {**own["audit_live"], "recorded": find(own, "audit/steady/race/same")})
        for device, own in each(summary)
        if own.get("audit_live")
    ]


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """Of each GPU: the pairs on the grid, how steady choices are, what the two faults cost."""
    for device, own in audited(summary):
        name = short_name(device)
        for pair in own["pairs"]:
            if (pair["first"], pair["second"]) != RECREATED:
                yield _pair(name, pair)
        for tuner, one in own["flips"].items():
            named = one["named"]
            also = "" if named is None else f", named at least in {wording.share(named)}"
            yield (
                f"{name}, {tuner} started in {one['restarts']} fresh processes on {one['cells']}"
                f" cells: the same choice in {wording.share(one['same'])}{also}, flips on"
                f" {one['flipping']} cells."
            )
        if "recreated" in own:
            one = own["recreated"]
            yield (
                f"{name}: a tuner with buffers for one tile height chooses that height on"
                f" {one['careless']} of {one['cells']} cells, without the fault on"
                f" {one['mended']}; its choices are {wording.decimals(one['behind'], 3)} of the"
                f" others' latency in the mean, {wording.decimals(one['worst'], 3)} at worst."
            )


def _pair(device: str, pair: Figure) -> str:
    words = pair["words"]
    return (
        f"{device}, {pair['second']} against {pair['first']} on {pair['compared']} of"
        f" {pair['cells']} cells of the grid, outputs equal on {pair['parity']}: {pair['matched']}"
        f" choices are one config; of {pair['apart']} others {words['tie']} are ties,"
        f" {words['win']} wins, {words['loss']} losses, and the sign is the same in all processes"
        f" on {pair['sign_kept']}."
    )


SECTION = Section(
    "audit_live",
    about="pairs of tuners on one grid: whether they choose alike, and what it costs",
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
