"""Serving over HTTP: `vllm bench serve` against vLLM's own server, and what a config does to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.lib.device import short_name
from scripts.lib.schemas import serving as schema
from scripts.report.estimates import estimated
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Frame, Frames, Headline, Section, Summary, made

BENCH = made("engine_bench", "serving.bench", schema.ENGINE_BENCH)
RATIOS = made("bench_ratios", "serving.bench", schema.BENCH_RATIOS)
OURS, OK = "ours", "ok"
QUOTED = "median_tpot_ms"
_RATIO = ("model", "config", "base", "field", "rounds", "again", "least", "largest")
_RUN = (
    "model", "boot", "round", "config", "file", "outcome", "request_throughput",
    "output_throughput", "median_ttft_ms", "p99_ttft_ms", "median_tpot_ms", "p99_tpot_ms",
    "median_itl_ms", "p99_itl_ms",
)  # fmt: skip


def http(read: Frames) -> Summary:
    """``runtime[GPU].http``: servers, runs, and by model, config and base the ratio of a field."""
    found: Figure = {}
    for device, bench in read["engine_bench"].groupby("device", sort=True):
        ratios = read["bench_ratios"][read["bench_ratios"]["device"] == device]
        found[str(device)] = {"http": of_device(bench, ratios)}
    return {"runtime": found} if found else {}


def of_device(bench: Frame, ratios: Frame) -> Figure:
    """The part of one GPU."""
    fine = bench[bench["outcome"] == OK]
    return {
        "servers": int(bench["boot"].nunique()), "runs": len(bench), "ok": len(fine),
        "layers": sorted(map(int, bench["layers"].unique())),
        "requests": int(fine["requests"].max()) if len(fine) else 0,
        "concurrency": int(bench["concurrency"].max()),
        "rows": [{name: row[name] for name in _RUN} for row in plain_rows(bench)],
        "ratios": [
            {name: row[name] for name in _RATIO}
            | {"ratio": estimated(row, "ratio", n="boots", lacking=True)}
            for row in plain_rows(ratios)
        ],
    }  # fmt: skip


def served(summary: Summary) -> list[tuple[str, Figure]]:
    """(GPU, its part) of those with a server."""
    parts = summary.get("runtime", {}).items()
    return [(device, part["http"]) for device, part in parts if "http" in part]


def quoted(part: Figure) -> list[Figure]:
    """What is said first: the time of a token under ours, over each base."""
    return [r for r in part["ratios"] if r["config"] == OURS and r["field"] == QUOTED]


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """A sentence for each GPU that served."""
    for device, part in served(summary):
        said = "; ".join(
            f"{row['ratio']['mean']:.3f} over {row['base']}, {row['model']}, by server from"
            f" {row['least']:.3f} to {row['largest']:.3f}, where runs of {row['base']} on a server"
            f" lie up to {row['again']:.1%} apart"
            for row in quoted(part)
        )
        if said:
            yield (
                f"{short_name(device)}, vllm bench serve over HTTP against {part['servers']}"
                f" servers: median time of a token under our file {said}."
            )


def values(summary: Summary) -> dict[str, Any]:
    """What the templates show."""
    return {"https": served(summary)}


SECTION = Section(
    "http",
    about="a server of vLLM under load, config by config",
    do="do not judge a file by a server's times alone: what they differ by under one file "
    "stands beside.",
    origins={"runtime/*/http": [BENCH], "runtime/*/http/ratios": [RATIOS]},
    build=http,
    readings=readings,
    values=values,
    links={"http": "Served over HTTP"},
)
