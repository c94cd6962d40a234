"""Estimate the latency of a fused-MoE kernel file on a GPU that need not be there.

The file's moe_gemm_kernel is compiled for the GPU's architecture; its registers, spills and shared
memory enter the model with the shape and the config. Without --config and --shape the figure is
the geometric mean over a documented default: Mixtral's layer at 1, 64 and 1,024 tokens.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.device import Device, find_device
from scripts.lib.files import sha256
from scripts.lib.legality import Judgement, Legality
from scripts.lib.log import run_main
from scripts.lib.names import unknown_name
from scripts.sim.arrays import Array
from scripts.sim.confidence import confidence
from scripts.sim.facts import COMPILED_AS, FACTS, KEY
from scripts.sim.kernel_file import Job, compile_file
from scripts.sim.launch import judge_config
from scripts.sim.options import MODEL, add_json, command, say
from scripts.sim.parts import GEMMS, summary, table
from scripts.sim.questions import ask
from scripts.sim.request import LANGUAGES, Question, read_request
from scripts.sim.simulator import Simulator, analytical_us, load, time_layer

EXAMPLE = """example:
  graphx-sim analyze kernels/moe_gemm.py --arch "AMD Instinct MI300X" --lang triton --json
  graphx-sim analyze kernels/moe_gemm.py --arch NVIDIA_H200 --lang triton \\
    --shape E128-N768-K2048-top8-bf16 --tokens 64 --config M16-N64-K128-G1-W4-S3
"""


def analyze(
    kernel: Path, device: Device, questions: list[Question], simulator: Simulator
) -> dict[str, Any]:
    """The estimate with its parts, as plain values; ``cells`` holds one entry a question.

    Bytes, operations and tiles are of one pass of both GEMMs, means where there are several
    questions; the latency is then their geometric mean. InputError if the file does not compile.
    """
    scheme = questions[0].cell.shape.scheme
    compiled = _compile(kernel, device, questions)
    asked = ask(
        pd.Series([question.cell.id for question in questions]),
        pd.Series([question.config.id for question in questions]),
        _facts(device, scheme, questions, compiled),
    )
    parts = time_layer(asked, simulator.parameters)
    plain = analytical_us(parts)
    corrected = plain * simulator.correction(asked, parts)
    rows = table(parts)
    judged = [
        judge_config(device, scheme, q.config.id, facts["registers"], facts["shared_bytes"])
        for q, facts in zip(questions, compiled, strict=True)
    ]
    cells = [
        _cell(question, [frame.iloc[[i]] for frame in rows], judged[i])
        | _latencies(corrected[i], plain[i], judged[i])
        | {"compiler": compiled[i]}
        for i, question in enumerate(questions)
    ]
    runs = [i for i, judgement in enumerate(judged) if judgement.legal]
    trust = confidence(device.name, scheme, simulator)
    return {
        "kernel": kernel.as_posix(),
        "kernel_sha256": sha256(kernel),
        "lang": LANGUAGES[0],
        "device": device.name,
        "arch": device.arch,
        "model_version": simulator.version,
        "confidence": trust.level.value,
        "confidence_reason": trust.reason,
        "error": trust.error,
        "estimated_latency_ms": _ms(_mean(corrected[runs])) if runs else None,
        **(_whole(rows, runs) if runs else {}),
        "cells": cells,
    }


def _latencies(corrected: float, plain: float, judged: Judgement) -> dict[str, float | None]:
    """None of a config that cannot run."""
    known = {"estimated_latency_ms": corrected, "analytical_latency_ms": plain}
    return {name: _ms(us) if judged.legal else None for name, us in known.items()}


def _compile(kernel: Path, device: Device, questions: list[Question]) -> list[dict[str, Any]]:
    """The compiler's facts for each question; equal binaries are compiled once."""
    jobs = [Job(q.config, q.cell.shape.scheme, q.cell.shape.top_k) for q in questions]
    distinct = list(dict.fromkeys(jobs))
    found = dict(zip(distinct, compile_file(kernel, device.arch, distinct), strict=True))
    return [found[job] for job in jobs]


def _facts(
    device: Device, scheme: str, questions: list[Question], compiled: list[dict[str, Any]]
) -> pd.DataFrame:
    """The compiler's facts in the form that questions are joined with."""
    rows = [
        (device.arch, scheme, question.config.id, *(float(facts[name]) for name in COMPILED_AS))
        for question, facts in zip(questions, compiled, strict=True)
    ]
    return pd.DataFrame(rows, columns=[*KEY, *FACTS]).drop_duplicates(KEY)


def _whole(rows: list[pd.DataFrame], runs: list[int]) -> dict[str, Any]:
    """The mean pass over the questions that can launch."""
    return summary(pd.concat([frame.iloc[runs] for frame in rows]), passes=len(runs))


def _cell(question: Question, rows: list[pd.DataFrame], judged: Judgement) -> dict[str, Any]:
    """One question; of what cannot launch nothing is estimated."""
    about = {
        "shape": question.cell.shape.id,
        "tokens": question.cell.tokens,
        "config": question.config.to_entry(),
        "config_id": question.config.id,
        "legality": judged.word.value,
    }
    if not judged.legal:
        lacking = ("resource", "needed", "available", "unit")
        return about | {name: getattr(judged, name) for name in lacking}
    gemms = {
        name: {"analytical_latency_ms": _ms(1e6 * frame["seconds"].iloc[0])} | summary(frame)
        for name, frame in zip(GEMMS, rows, strict=True)
    }
    return about | {**summary(pd.concat(rows)), "gemms": gemms}


def _mean(us: Array) -> float:
    """Geometric mean."""
    return float(np.exp(np.log(us).mean()))


def _ms(us: float) -> float:
    return float(f"{us / 1000:.6g}")


def as_text(found: dict[str, Any]) -> str:
    """The estimate for a reader."""
    lines = [
        f"{found['kernel']} on {found['device']} ({found['arch']}), model {found['model_version']}",
        _headline(found),
        "",
        f"{'tokens':>6}  {'ms':>9}  {'limit':8}  {'DRAM MB':>8}  {'L2 MB':>9}  {'GFLOP':>8}"
        f"  {'tiles':>7}  {'waves':>6}  {'tail':>5}  {'blocks':>6}  {'regs':>4}  {'spills':>6}"
        f"  {'shared':>7}  config",
    ]
    for cell in found["cells"]:
        facts = cell["compiler"]
        if cell["legality"] == Legality.ILLEGAL:
            lacking = (cell[name] for name in ("resource", "needed", "available", "unit"))
            judged = Judgement(Legality.ILLEGAL, *lacking)
            lines.append(f"{cell['tokens']:6d}  {judged}  {cell['config_id']}")
            continue
        moved = cell["bytes"]
        lines.append(
            f"{cell['tokens']:6d}  {cell['estimated_latency_ms']:9.4f}  {cell['limiting_unit']:8}"
            f"  {moved['dram'] / 1e6:8.1f}  {moved['l2'] / 1e6:9.1f}"
            f"  {cell['flops']['launched'] / 1e9:8.2f}  {cell['tiles']:7.0f}  {cell['waves']:6.2f}"
            f"  {cell['tail']:5.2f}  {cell['occupancy']:6.1f}  {facts['registers']:4d}"
            f"  {facts['spills']:6d}  {facts['shared_bytes']:7d}  {cell['config_id']}"
            + (" (outside the searched space)" if cell["legality"] == Legality.OUTSIDE else "")
        )
    return "\n".join([*lines, "", f"layer {found['cells'][0]['shape']}"])


def _headline(found: dict[str, Any]) -> str:
    if found["estimated_latency_ms"] is None:
        return "no latency: nothing that was asked about can launch on this GPU"
    return (
        f"estimated latency {found['estimated_latency_ms']:.4f} ms, limited by"
        f" {found['limiting_unit']}; {found['confidence']}: {found['confidence_reason']}"
    )


def run(args: argparse.Namespace) -> None:
    """Read, compile, estimate, print."""
    if args.lang not in LANGUAGES:
        raise unknown_name("language", args.lang, LANGUAGES)
    device = find_device(args.arch)
    questions = read_request(device, args.shape, args.tokens, args.config)
    found = analyze(args.kernel, device, questions, load(args.model))
    say(args, found)
    if not args.json:
        print(as_text(found))


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command("analyze", __doc__, EXAMPLE)
    parser.add_argument("kernel", type=Path, help="Python file that defines moe_gemm_kernel")
    parser.add_argument("--arch", required=True, help='GPU, for example "AMD Instinct MI300X"')
    parser.add_argument("--lang", default=LANGUAGES[0], help="language of the kernel: triton")
    parser.add_argument("--shape", help="layer, for example E8-N3584-K4096-top2-bf16")
    parser.add_argument("--tokens", type=int, help="M (default: 1, 64 and 1024)")
    parser.add_argument("--config", help="config id, or a JSON object as in a config file")
    parser.add_argument("--model", type=Path, default=MODEL, help="model file (default: current)")
    add_json(parser)
    args = parser.parse_args(argv)
    return run_main(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
