"""Tables of the recorded engine: boots, decode steps and their ratios, outputs, served requests.

The configs of a model meet within each boot, so that a ratio is taken there; boots are the clusters
of its interval. A run that failed is a row with its outcome and reason.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.command_line import parser
from scripts.lib.config import from_entry
from scripts.lib.judging.holm import holm
from scripts.lib.judging.outputs import otherwise
from scripts.lib.links import Body
from scripts.lib.log import run_main
from scripts.lib.schemas.engine import (
    ENGINE_BOOTS,
    ENGINE_FAULTS,
    ENGINE_OUTPUTS,
    ENGINE_RATIOS,
    ENGINE_SERVED,
    ENGINE_STEPS,
    FASTER,
    OPEN,
    SLOWER,
)
from scripts.lib.tables import Table, write_table
from scripts.serving.journal import Engine, read_engine
from scripts.serving.student import LEVEL, chance, interval

UNIFORM = "uniform"  # journals of before say nothing of it
OTHER_WEIGHTS = "other weights"  # the one planted fault of journals that have only yes or no
OK, COMMITTED, DEFAULT, OURS = "ok", "committed", "default", "ours"
# What is held against what, the reference second.
HELD = ((OURS, COMMITTED), (OURS, DEFAULT), (DEFAULT, COMMITTED))
TABLES = (
    ENGINE_BOOTS, ENGINE_FAULTS, ENGINE_STEPS, ENGINE_RATIOS, ENGINE_OUTPUTS, ENGINE_SERVED,
)  # fmt: skip
EXAMPLE = """
  python -m scripts.serving.engine --journals data/recorded/engine/*/run.jsonl.xz \\
    --out-ratios engine_ratios.parquet --out-outputs engine_outputs.parquet
"""
Row = dict[str, Any]


def _how(body: Body) -> Row:
    return {"outcome": body["outcome"], "reason": body["reason"]}


def boots(engine: Engine) -> Iterator[Row]:
    """ENGINE_BOOTS."""
    planted = {body["boot"] for body in engine.of("fault")}
    for body in engine.of("boot"):
        facts = body["result"]
        named = {key: facts.get(key) for key in ("moe_backend", "attention_backend", "vllm")}
        yield {
            "device": engine.device, "model": body["model"], **_where(engine, body),
            "start": body["start"], **_how(body), "seconds": body["seconds"], **named,
            "peak_bytes": facts.get("peak_bytes"), "kernel_hash": engine.kernel_hash,
            "planted": body["boot"] in planted,
        }  # fmt: skip


def faults(engine: Engine) -> Iterator[Row]:
    """ENGINE_FAULTS."""
    for body in engine.of("fault"):
        yield {
            "device": engine.device, "model": body["model"], **_where(engine, body), **_how(body),
            "seconds": body["seconds"],
        }  # fmt: skip


def _where(engine: Engine, body: Body) -> Row:
    return {"recording": engine.recording, "boot": body["boot"]}


def _of_model(engine: Engine, name: str) -> Row:
    model = engine.model(name)
    kept = {key: model[key] for key in ("shape", "scheme", "layers", "moe_layers")}
    return {"device": engine.device, "model": name, **kept}


def steps(engine: Engine) -> Iterator[Row]:
    """ENGINE_STEPS."""
    for body in engine.of("decode"):
        found = body["result"] if body["outcome"] == OK else {}
        how = _how(body)
        if found and not found.get("steady"):
            why = "that every timed step decoded the whole batch is not shown"
            how, found = {"outcome": "failed", "reason": why}, {}
        gpu = found.get("gpu_us") or {}
        step_s = found.get("step_s") or []
        moe = [gpu.get(key) for key in ("moe_gemm", "moe_align", "moe_sum")]
        yield {
            **_of_model(engine, body["model"]), **_where(engine, body), "pass": body["pass"],
            "config": body["config"], "batch": body["batch"],
            "routing": body.get("routing", UNIFORM), **how,
            "wall_us": float(np.median(step_s) * 1e6) if step_s else None,
            "gpu_us": gpu.get("busy") or gpu.get("all"),
            "kernel_us": gpu.get("all"), "gemm_us": gpu.get("moe_gemm"),
            "moe_us": sum(us or 0.0 for us in moe) if gpu else None, "steps": len(step_s),
            "mix": _counts(Counter(found["mix"])) if found else None,
            "calls": _counts({k: v["calls"] for k, v in found["looked_up"].items()})
            if found else None,
        }  # fmt: skip


def _counts(counts: Mapping[Any, int]) -> str:
    return json.dumps({str(tokens): counts[tokens] for tokens in sorted(counts, key=int)})


def ratios(table: pd.DataFrame) -> pd.DataFrame:
    """ENGINE_RATIOS of ENGINE_STEPS; pairs that no boot holds have no row."""
    fine = table[table["outcome"] == OK]
    keys = ["device", "model", "shape", "scheme", "layers", "moe_layers", "batch", "routing"]
    rows = []
    for key, some in fine.groupby(keys, sort=True):
        by_boot = some.groupby(["recording", "boot", "config"])[
            ["wall_us", "gpu_us", "moe_us"]
        ].mean()
        for config, base in HELD:
            row = _held(by_boot, config, base)
            if row is not None:
                rows.append({**dict(zip(keys, key, strict=True)), **row})
    found = pd.DataFrame(rows, columns=ENGINE_RATIOS.names)
    # One routing of each model, so that no step counts twice: draws alike in all, where there are.
    least = found.groupby(["device", "model"])["routing"].transform("min")
    return _corrected(found.assign(counted=(found["routing"] == least).astype(bool)))


def _corrected(found: pd.DataFrame) -> pd.DataFrame:
    """What is shown of those counted, over all that hold two configs against each other."""
    asked = found[found["counted"] & found["gpu_p"].notna()]
    adjusted = pd.Series(np.nan, index=found.index)
    for _, rows in asked.groupby(["device", "config", "base"]):
        adjusted[rows.index] = holm(rows["gpu_p"].to_numpy(dtype=np.float64))
    sides = np.where(found["gpu_ratio"] < 1, FASTER, SLOWER)
    words = np.where(adjusted <= 1 - LEVEL, sides, OPEN)
    told = pd.Series(words, index=found.index, dtype=object).where(adjusted.notna(), None)
    return found.assign(gpu_p_adjusted=adjusted, gpu_word=told)


def _held(by_boot: pd.DataFrame, config: str, base: str) -> Row | None:
    names = by_boot.index.get_level_values("config")
    if config not in names or base not in names:
        return None
    ours, theirs = (by_boot.xs(name, level="config") for name in (config, base))
    boots_of = ours.index.intersection(theirs.index)
    if boots_of.empty:
        return None
    ours, theirs = ours.loc[boots_of], theirs.loc[boots_of]
    parts = ours / theirs
    wall, gpu = (interval(np.log(parts[name].to_numpy())) for name in ("wall_us", "gpu_us"))
    return {
        "config": config, "base": base, "boots": len(boots_of),
        **dict(zip(("ratio", "low", "high"), wall, strict=True)),
        **dict(zip(("gpu_ratio", "gpu_low", "gpu_high"), gpu, strict=True)),
        "gpu_p": chance(np.log(parts["gpu_us"].to_numpy())),
        "base_wall_us": float(theirs["wall_us"].mean()),
        "base_gpu_us": float(theirs["gpu_us"].mean()),
        "base_moe_us": float(theirs["moe_us"].mean()),
        "spread": float(theirs["gpu_us"].max() / theirs["gpu_us"].min() - 1),
    }  # fmt: skip


def outputs(engine: Engine) -> Iterator[Row]:
    """ENGINE_OUTPUTS; the config files read and the configs launched are those of the boot.

    Greedy tokens that differ are wrong also where a journal did not call them so.
    """
    taken: dict[tuple[str, str], Body] = {
        (body["boot"], body["config"]): body for body in engine.of("configs")
    }
    kept = ("logits_diff", "prompts", "next_equal", "tied", "tokens_equal", "tokens_compared")
    for body in engine.of("outputs"):
        found, looked = body["result"], taken.get((body["boot"], body["config"]))
        planted = body.get("planted")
        read = (looked["result"].get("read") or [""]) if looked else None
        launched = launched_by(looked["result"].get("looked_up") or {}) if looked else None
        how = _how(body)
        if body["outcome"] == OK:
            why = otherwise(found["tokens_compared"] - found["tokens_equal"])
            how = {"outcome": "wrong_output", "reason": why} if why else how
        yield {
            **{k: v for k, v in _of_model(engine, body["model"]).items() if k in
               ("device", "model", "shape")},
            **_where(engine, body), "config": body["config"], "again": body["again"],
            "planted": bool(planted),
            "fault": OTHER_WEIGHTS if planted is True else planted or "", **how,
            **{key: found.get(key) for key in kept},
            "file": None if read is None else Path(read[0]).name,
            "launched": None if launched is None else json.dumps(launched, sort_keys=True),
            "kernel_hash": engine.kernel_hash,
        }  # fmt: skip


def launched_by(looked_up: dict[str, Any]) -> dict[str, str]:
    """By tokens of an MoE call the id of the config that was launched, without the launch count."""
    return {
        tokens: from_entry({k: v for k, v in one["config"].items() if k != "SPLIT_K"}).id
        for tokens, one in sorted(looked_up.items(), key=lambda item: int(item[0]))
    }


def served(engine: Engine) -> Iterator[Row]:
    """ENGINE_SERVED."""
    for body in engine.of("serve"):
        yield {
            "device": engine.device, "model": body["model"], **_where(engine, body),
            "config": body["config"], "round": body["round"], **_how(body),
            **(_bench(body["result"]) if body["outcome"] == OK else {}),
        }  # fmt: skip


def _bench(found: Row) -> Row:
    count, seconds = len(found["ttft_s"]), found["duration_s"]
    row: Row = {
        "requests": count, "request_throughput": count / seconds,
        "output_throughput": found["output_tokens"] / seconds,
        "median_itl_ms": found["itl_s"]["median"] * 1e3, "p99_itl_ms": found["itl_s"]["p99"] * 1e3,
    }  # fmt: skip
    for name in ("ttft", "tpot"):
        values = np.array([each for each in found[f"{name}_s"] if each is not None]) * 1e3
        row[f"median_{name}_ms"] = float(np.median(values))
        row[f"p99_{name}_ms"] = float(np.percentile(values, 99))
    return row


def _table(rows: Iterable[Row], table: Table, sort: Sequence[str]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=table.names)
    return frame.sort_values(list(sort), ignore_index=True, kind="stable")


def tables(engines: Sequence[Engine]) -> dict[str, tuple[pd.DataFrame, Table]]:
    """All tables of some journals, by name."""

    def every(make: Any, table: Table, *sort: str) -> tuple[pd.DataFrame, Table]:
        rows = (row for engine in engines for row in make(engine))
        return _table(rows, table, ["device", "model", *sort]), table

    by_step = every(steps, ENGINE_STEPS, "recording", "boot", "pass", "config", "batch")
    return {
        "engine_boots": every(boots, ENGINE_BOOTS, "recording", "boot", "start"),
        "engine_faults": every(faults, ENGINE_FAULTS, "recording", "boot"),
        "engine_steps": by_step,
        "engine_ratios": (ratios(by_step[0]), ENGINE_RATIOS),
        "engine_outputs": every(
            outputs, ENGINE_OUTPUTS, "recording", "boot", "planted", "again", "config"
        ),
        "engine_served": every(served, ENGINE_SERVED, "recording", "boot", "round"),
    }


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser(__doc__, EXAMPLE)
    made.add_argument("--journals", type=Path, nargs="*", default=[], help="of the engine")
    for table in TABLES:
        name = table.name.removeprefix("engine_")
        made.add_argument(f"--out-{name}", type=Path, help=f"{table.name.upper()} table to write")
    return made


def main(argv: list[str] | None = None) -> int:
    """Read the journals, write the tables."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        for name, (frame, table) in tables([read_engine(path) for path in args.journals]).items():
            out = getattr(args, f"out_{name.removeprefix('engine_')}")
            if out is not None:
                write_table(out, frame, table)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
