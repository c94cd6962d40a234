"""A judged matrix as tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scripts.lib.device import find_device
from scripts.matrix.compared import Side, compare, planted
from scripts.matrix.levels import performance
from scripts.matrix.levels.level import Word
from scripts.matrix.levels.noise import BYTES, CRITERION, Noise, noise_of
from scripts.matrix.record import BOOT, NUMBERS, PERFORMANCE, Record
from scripts.matrix.switches import Criterion, Matrix, feature_of
from scripts.matrix.timeline import part_of, shares
from scripts.matrix.verdicts import (
    PLANTED_BYTES,
    PLANTED_SHARE,
    Judged,
    State,
    boots,
    checks,
    others,
)

Row = dict[str, Any]
NO_CRITERION = "none"
# Bytes a weight: four bits of the value and a share of a scale, eight bits for 32; four bits, whose
# scales' bytes do not count here; two bytes.
_BYTES = {"mxfp4": (4 + 8 / 32) / 8, "compressed-tensors": 0.5, "": 2.0}


def device_of(record: Record) -> str:
    """The GPU of a record, by its metadata, named as in config files."""
    return find_device(str(record.runs[-1]["metadata"]["gpu"])).name


def cell_rows(device: str, judged: Sequence[Judged], record: Record) -> Iterator[Row]:
    """MATRIX_CELLS."""
    for one in judged:
        boot = record.of(one.cell.id, BOOT)
        yield {
            "device": device, "cell": one.cell.id, "model": one.cell.model, "kind": one.cell.kind,
            "phase": str(one.cell.phase), "features": "+".join(one.cell.features),
            "state": str(one.state), "reason": one.reason,
            "startup_s": boot.seen.get("startup_s") if boot and boot.ok else None,
            "at_once": boot.about.get("at_once") if boot and boot.ok else None,
        }  # fmt: skip


def level_rows(device: str, judged: Sequence[Judged]) -> Iterator[Row]:
    """MATRIX_LEVELS."""
    for one in judged:
        for level, number in NUMBERS.items():
            found = one.levels[level]
            yield {"device": device, "cell": one.cell.id, "level": level, "number": number,
                   "word": str(found.word), "reason": found.reason}  # fmt: skip


def number_rows(device: str, judged: Sequence[Judged], record: Record) -> Iterator[Row]:
    """MATRIX_NUMBERS: of every cell with times, INVALID ones too, which pages show as such."""
    by_id = {one.cell.id: one for one in judged}
    for one in judged:
        seen = record.seen(one.cell.id, PERFORMANCE)
        if seen is None:
            continue
        noise = noise_of(boots(one.cell.model, by_id), others(one.cell.model, by_id))
        for metric, values, value in _metrics(seen):
            base = noise.get(metric)
            yield {
                "device": device, "cell": one.cell.id, "metric": metric, "value": value,
                "low": min(values) if len(values) > 1 else None,
                "high": max(values) if len(values) > 1 else None, "n": max(len(values), 1),
                "ratio": value / base.mean if base else None, "floor": _share(base),
            }  # fmt: skip


def _share(noise: Noise | None) -> float | None:
    """The floor as a share; None where there is none."""
    return math.expm1(noise.floor) if noise is not None and noise.freedom else None


def _metrics(seen: Mapping[str, Any]) -> Iterator[tuple[str, list[float], float]]:
    """Metric, the repeats that it is of, and the value."""
    repeats = {f"pp{seen['pp_tokens']}": seen["pp"],
               **{f"tg{count}": values for count, values in seen["tg"].items()},
               "served_tpot": seen["served"]["tpot"]}  # fmt: skip
    for name, value in performance.metrics(seen).items():
        if name != BYTES:
            yield name, list(repeats.get(name, [])), value
    for name, value in performance.bench(seen).items():
        yield name, [], value
    yield BYTES, [], float(seen["peak_bytes"])
    yield "resident_bytes", [], float(seen["resident_bytes"])
    yield "cpu_share", [], seen["cpu_s"] / seen["wall_s"]


# What a cell's state makes of its feature's criteria; of the others they are judged.
_UNJUDGED = {
    State.INVALID: "invalid", State.NOT_SUPPORTED: "not_supported", State.FAILED: "failed",
    State.PATH_ONLY: "not_judged", State.GATED: "not_measured",
    State.NOT_MEASURED: "not_measured",
}  # fmt: skip


def feature_rows(device: str, matrix: Matrix, judged: Sequence[Judged]) -> Iterator[Row]:
    """MATRIX_FEATURES."""
    by_id = {one.cell.id: one for one in judged}
    for one in judged:
        if one.cell.kind != "feature":
            continue
        (feature,) = one.cell.features
        switch, name = feature_of(feature)
        setting = matrix.switches[switch].settings[name]
        noise = noise_of(boots(one.cell.model, by_id), others(one.cell.model, by_id))
        shared = {"device": device, "cell": one.cell.id, "model": one.cell.model,
                  "feature": feature, "hypothesis": setting.hypothesis}  # fmt: skip
        if not setting.criteria:
            yield shared | {"criterion": NO_CRITERION, "value": None, "limit": None, "low": None,
                            "high": None,
                            "outcome": _UNJUDGED.get(one.state, "not_judged")}  # fmt: skip
        for criterion in setting.criteria:
            found = _met(one, noise.get(criterion.metric), criterion)
            yield shared | {
                "criterion": criterion.metric, "limit": criterion.at_most, **found,
                "outcome": _UNJUDGED.get(one.state, found["outcome"]),
            }  # fmt: skip


def _met(one: Judged, noise: Noise | None, criterion: Criterion) -> Row:
    """The metric over the baseline's with its interval, and whether that keeps to the limit."""
    if noise is None or criterion.metric not in one.metrics:
        return {"value": None, "low": None, "high": None, "outcome": "not_measured"}
    value, wide = one.metrics[criterion.metric] / noise.mean, noise.within(CRITERION)
    if not math.isfinite(wide):
        return {"value": value, "low": None, "high": None, "outcome": "undecided"}
    low, high = value * math.exp(-wide), value * math.exp(wide)
    outcome = "met" if high <= criterion.at_most else "undecided"
    outcome = "not_met" if low > criterion.at_most else outcome
    return {"value": value, "low": low, "high": high, "outcome": outcome}


def check_rows(device: str, matrix: Matrix, judged: Sequence[Judged]) -> Iterator[Row]:
    """MATRIX_CHECKS."""
    for one in checks(matrix, judged):
        yield {
            "device": device, "model": one.model, "cell": one.cell, "planted": one.planted,
            "fired": one.verdict.word is Word.FAILED, "word": str(one.verdict.word),
            "reason": one.verdict.reason,
        }  # fmt: skip


def compared_rows(device: str, first: Side | None, second: Side) -> Iterator[Row]:
    """MATRIX_COMPARED; nothing without an earlier record."""
    if first is None:
        return
    for what, one, other in (
        ("nothing", first, second),
        ("slower", second, planted(second, PLANTED_SHARE, 0)),
        ("heavier", second, planted(second, 0.0, PLANTED_BYTES)),
    ):
        for row in compare(one, other).rows:
            yield {
                "device": device, "planted": what, "cell": row.cell, "metric": row.metric,
                "first": row.first, "second": row.second, "ratio": row.ratio,
                "floor": row.floor, "change": str(row.change), "reason": row.reason,
            }  # fmt: skip


def kernel_rows(device: str, judged: Sequence[Judged], record: Record) -> Iterator[Row]:
    """MATRIX_KERNELS."""
    for one in judged:
        seen = record.seen(one.cell.id, PERFORMANCE)
        if seen is None or one.cell.planted is not None:
            continue
        alone = seen["decode"]
        whole = sum(row["total_us"] for row in alone["kernels"])
        for row in alone["kernels"]:
            yield {
                "device": device, "cell": one.cell.id, "part": part_of(row["name"]),
                "kernel": row["name"], "calls": row["calls"] / alone["steps"],
                "us": row["total_us"] / alone["steps"], "share": row["total_us"] / whole,
            }  # fmt: skip


def step_rows(
    device: str, matrix: Matrix, judged: Sequence[Judged], record: Record
) -> Iterator[Row]:
    """MATRIX_STEPS: of cells whose model's config is known."""
    bandwidth = find_device(device).bandwidth_bytes_s
    for one in judged:
        seen = record.seen(one.cell.id, PERFORMANCE)
        config = matrix.models[one.cell.model].config
        if seen is None or one.cell.planted is not None or config is None:
            continue
        alone, layers = seen["decode"], int(config.get("num_hidden_layers", 0))
        steps, took = alone["steps"], shares(alone)
        gpus = one.cell.gpus
        moved = {"experts": expert_bytes(config) / gpus, "dense": dense_bytes(config) / gpus}
        times = {"experts": took.get("experts", 0.0), "dense": took.get("dense GEMMs", 0.0)}
        reached = {name: moved[name] / (us * 1e-6) / bandwidth if us else 0.0
                   for name, us in times.items()}  # fmt: skip
        yield {
            "device": device, "cell": one.cell.id, "layers": layers, "gpus": gpus,
            **{name: alone[name] / steps for name in ("span_us", "busy_us", "idle_us", "gaps")},
            "experts_us": times["experts"], "experts_bytes": moved["experts"],
            "bandwidth_share": reached["experts"],
            "dense_us": times["dense"], "dense_bytes": moved["dense"],
            "dense_share": reached["dense"],
            "bound_us": sum(moved.values()) / bandwidth * 1e6,
        }  # fmt: skip


def dense_bytes(config: Mapping[str, Any]) -> float:
    """Bytes of what every token is multiplied with beside the experts, bf16: the projections of
    attention, the router and the head. 0 for a config that names its sizes otherwise."""  # noqa: D205,D209
    hidden, size = config.get("hidden_size", 0), config.get("head_dim", 0)
    heads, groups = config.get("num_attention_heads", 0), config.get("num_key_value_heads", 0)
    experts = config.get("num_local_experts", config.get("num_experts", 0))
    layer = hidden * (2 * heads * size + 2 * groups * size + experts)
    whole = layer * config.get("num_hidden_layers", 0) + hidden * config.get("vocab_size", 0)
    return 2.0 * whole if size else 0.0


def expert_bytes(config: Mapping[str, Any]) -> float:
    """Bytes of the experts that one token goes through, all layers; three matrices each.

    0 for a config that names its sizes otherwise, or a format that is not known here.
    """
    method = (config.get("quantization_config") or {}).get("quant_method", "")
    inner = config.get("moe_intermediate_size", config.get("intermediate_size", 0))
    sizes = [config.get(key, 0) for key in ("hidden_size", "num_experts_per_tok",
                                            "num_hidden_layers")]  # fmt: skip
    return float(3 * math.prod(sizes) * inner * _BYTES.get(method, 0.0))
