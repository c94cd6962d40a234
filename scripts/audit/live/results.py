"""Tables of what live audits recorded: the grid, choices over restarts, shapes, findings.

A probe's word is what it said on the GPU, unless a sound tuner's figures are off as much between
two moments. Flips are told by fresh processes and not by the probe, which starts a tuner again in
one; and so is whether two ranks differ, of a tuner that every rank runs for itself.
"""

from __future__ import annotations

import argparse
import logging
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.audit.finding import RATIO
from scripts.audit.live.answers import Answer, choices, read_answers
from scripts.audit.live.between import by_cell, timed
from scripts.audit.live.grid import (
    cell_of,
    commonest_of,
    grid,
    key_of,
    picks,
    rounded,
    shapes,
)
from scripts.audit.live.pooled import pooled
from scripts.audit.options import parser
from scripts.audit.probes import ORDER
from scripts.audit.probes.coin_flips import ALLOWED
from scripts.lib.log import run_main
from scripts.lib.schemas.audit import FINDINGS
from scripts.lib.schemas.audit_live import (
    LIVE_APART,
    LIVE_GRID,
    LIVE_PICKS,
    LIVE_POOLED,
    LIVE_SHAPES,
)
from scripts.lib.tables import Table, write_table

LOG = logging.getLogger("audit.live.results")
Row = dict[str, Any]
FLIPS, RANKS = "coin_flips", "ranks"
# Tuners that every rank of a model runs in its own process; the others write a file for all.
IN_EVERY_RANK = ("triton", "flashinfer")
# Probes that hold a tuner's figures against fair timings of another moment, and a tuner that times
# as they do: how far its own figures are off is how far any may be.
BY_FIGURES = ("allocation", "routing", "timing_policy")
SOUND = "mended"
OTHER = "flashinfer"
PROCESSES = ("grid flips", "flashinfer")  # that count flips: of all tuners but one, and of that
COMMAND = "python -m scripts.audit.live.study --plan plan.json --ledger ledger.jsonl --only"
EXAMPLE = """
  python -m scripts.audit.live.results --ledgers build/audit/ledger.jsonl --margin 0.01 \\
    --out-grid build/grid.parquet --out-picks build/picks.parquet \\
    --out-pooled build/pooled.parquet --out-apart build/apart.parquet \\
    --out-shapes build/shapes.parquet --out-findings build/findings.parquet
"""


def findings(answers: Sequence[Answer], before: Sequence[Answer] = ()) -> Iterator[Row]:
    """FINDINGS rows: by layer and tuner, the probes in their order.

    ``before``: of an earlier audit, whose effects stand beside: a probe is asked in one process,
    and another may say otherwise.
    """
    flips, ranks, off = _flips(answers), _ranks(answers), _off(answers)
    earlier = _effects(before)
    for one in answers:
        if one.task != "probe" or one.answer is None:
            continue
        floor = off.get((one.device, one.layer))
        said = {
            name: _beside(
                held(name, of, floor), earlier.get((one.device, one.layer, one.key, name))
            )
            for name, of in one.answer["said"].items()
        }
        process = "flashinfer-probes" if one.key == OTHER else "probes"
        command = f"{COMMAND} {process} --keys {shlex.quote(one.key)}"
        key = one.device, one.layer, one.key
        for probe, told in ((FLIPS, flips), (RANKS, ranks)):
            if key in told:
                said[probe] = told[key]
        for probe in ORDER:
            if probe in said:
                by_processes = probe == FLIPS or (probe == RANKS and key in ranks)
                again = f"{COMMAND} {PROCESSES[one.key == OTHER]}" if by_processes else command
                yield {
                    "device": one.device, "layer": one.layer, "tuner": one.key, "probe": probe,
                    **said[probe], "command": again,
                }  # fmt: skip


def _effects(answers: Sequence[Answer]) -> dict[tuple[str, str, str, str], float]:
    """By GPU, layer, tuner and probe: the effect that it told."""
    return {
        (one.device, one.layer, one.key, name): float(said["effect"])
        for one in answers
        if one.task == "probe" and one.answer is not None
        for name, said in one.answer["said"].items()
        if said.get("effect") is not None
    }


def _beside(said: Row, earlier: float | None) -> Row:
    """A finding that is a ratio, with what the same probe told in an earlier audit."""
    if said["verdict"] == "found" and said["unit"] == RATIO and earlier is not None:
        return said | {"evidence": f"{said['evidence']}; asked in an earlier audit, {earlier:.2%}"}
    return said


def _off(answers: Sequence[Answer]) -> dict[tuple[str, str], float]:
    """By GPU and layer: the most that the sound tuner's figures are off from fair timings."""
    found: dict[tuple[str, str], float] = {}
    for one in answers:
        if one.task == "probe" and one.answer is not None and one.key == SOUND:
            effects = (one.answer["said"].get(name, {}).get("effect") for name in BY_FIGURES)
            found[one.device, one.layer] = max((e for e in effects if e is not None), default=0.0)
    return found


def held(probe: str, said: Mapping[str, Any], floor: float | None) -> Row:
    """A probe's word held against what a sound tuner's figures are off: both sides of a comparison
    may be off as much, so a finding has to exceed the double."""  # noqa: D205,D209
    row = dict(said)
    if probe not in BY_FIGURES or not floor or row["effect"] is None:
        return row
    row["smallest"] = max(row["smallest"], rounded(2 * floor) or 0.0)
    if row["verdict"] == "found" and row["effect"] <= row["smallest"]:
        row["verdict"] = "not_found"
    row["evidence"] += f"; a sound tuner's figures are off by up to {floor:.2%} here"
    return row


def _chosen(answers: Sequence[Answer]) -> dict[tuple[str, str, str], dict[Any, list[str]]]:
    """By layer and tuner, on each cell: what the processes chose."""
    by: dict[tuple[str, str, str], dict[Any, list[str]]] = {}
    for one in choices(answers):
        if one.pick is not None:
            key = one.answer.device, one.answer.layer, one.tuner
            by.setdefault(key, {}).setdefault(cell_of(one.answer), []).append(one.pick)
    return by


def _flips(answers: Sequence[Answer]) -> dict[tuple[str, str, str], Row]:
    """By layer and tuner: what fresh processes say, over cells that several of them tuned."""
    found = {}
    for key, cells in _chosen(answers).items():
        often = [chosen for chosen in cells.values() if len(chosen) > 1]
        total = sum(map(len, often))
        if not total:
            continue
        unlike = total - sum(commonest_of(chosen)[1] for chosen in often)
        most = max(len(set(chosen)) for chosen in often)
        found[key] = {
            "verdict": "found" if unlike / total > ALLOWED else "not_found",
            "evidence": f"{unlike} of {total} choices in fresh processes are not the commonest of"
            f" their cell, over {len(often)} cells; up to {most} choices a cell",
            "effect": rounded(unlike / total),
            "smallest": ALLOWED,
            "unit": "share of restarts",
        }
    return found


def apart(answers: Sequence[Answer], before: Sequence[Answer]) -> Iterator[Row]:
    """LIVE_APART rows."""
    now, then = timed(answers), timed(before)
    known, earlier = by_cell(answers), by_cell(before)
    cells = {cell_of(one) for one in answers if one.task == "cell" and one.answer is not None}
    for cell in sorted(cells):
        *_, ranks, tokens = cell
        yield key_of(cell) | {
            "processes": len(now.get((ranks, tokens), ())),
            "apart": rounded(known.get(ranks, {}).get(tokens)),
            "processes_before": len(then.get((ranks, tokens), ())),
            "before": rounded(earlier.get(ranks, {}).get(tokens)),
        }


def _ranks(answers: Sequence[Answer]) -> dict[tuple[str, str, str], Row]:
    """By layer and tuner that every rank runs for itself: two workers apart are any two processes
    that tuned one cell."""  # noqa: D205,D209
    found = {}
    for key, cells in _chosen(answers).items():
        every = [chosen for chosen in cells.values() if len(chosen) > 1]
        if key[2] not in IN_EVERY_RANK or not every:
            continue
        pairs = sum(len(chosen) * (len(chosen) - 1) // 2 for chosen in every)
        alike = sum(n * (n - 1) // 2 for chosen in every for n in Counter(chosen).values())
        share = 1 - alike / pairs
        found[key] = {
            "verdict": "found" if share > ALLOWED else "not_found",
            "evidence": f"two workers that tune apart hold different tactics in {pairs - alike} of"
            f" {pairs} pairs of processes, over {len(every)} cells",
            "effect": rounded(share), "smallest": ALLOWED, "unit": "share of pairs",
        }  # fmt: skip
    return found


def tables(
    answers: Sequence[Answer], before: Sequence[Answer], margin: float
) -> dict[str, tuple[pd.DataFrame, Table]]:
    """All, by name, rows sorted. ``before``: of the audit that the race learned from."""
    rows = {
        "grid": (grid(answers, margin), LIVE_GRID),
        "picks": (picks(answers), LIVE_PICKS),
        "pooled": (pooled(answers, by_cell(before)), LIVE_POOLED),
        "apart": (apart(answers, before), LIVE_APART),
        "shapes": (shapes(answers), LIVE_SHAPES),
        "findings": (findings(answers, before), FINDINGS),
    }
    found = {}
    for name, (of, table) in rows.items():
        frame = pd.DataFrame(list(of), columns=table.names)
        order = [one for one in _ORDER if one in frame] if name != "findings" else []
        found[name] = (frame.sort_values(order, ignore_index=True) if order else frame, table)
    return found


_ORDER = (
    "device",
    "layer",
    "first",
    "second",
    "tuner",
    "ep",
    "tokens",
    "processes",
    "gemm",
    "shapes",
)


def _options() -> argparse.ArgumentParser:
    options = parser(__doc__, EXAMPLE)
    add = options.add_argument
    add("--ledgers", type=Path, nargs="*", default=[], help="of live audits")
    add("--before", type=Path, nargs="*", default=[], help="of earlier ones, which the race knew")
    add("--margin", type=float, required=True, help="of a win or loss")
    for name in ("grid", "picks", "pooled", "apart", "shapes", "findings"):
        add(f"--out-{name}", type=Path, required=True, help=f"table of {name} to write")
    return options


def main(argv: list[str] | None = None) -> int:
    """Parse, read, tell, write."""
    args = _options().parse_args(argv)

    def body() -> None:
        answers = read_answers(args.ledgers)
        before = read_answers(args.before)
        for name, (frame, table) in tables(answers, before, args.margin).items():
            write_table(getattr(args, f"out_{name}"), frame, table)
        late = np.count_nonzero([one.answer is None for one in answers])
        LOG.info("%d answers, %d of processes that ended", len(answers), late)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
