"""What config files do to vLLM's engine: decode steps, outputs, served requests, failed boots."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from scripts.claims.engine import in_engine
from scripts.lib.config import parse_id
from scripts.lib.device import short_name
from scripts.lib.judging.outputs import LIMIT
from scripts.lib.schemas import engine as schema
from scripts.report.estimates import estimated
from scripts.report.rows import plain_rows
from scripts.report.section import Figure, Finding, Frame, Frames, Headline, Section, Summary, made
from scripts.report.sections.serving import by_base

_MODULE = "serving.engine"
BOOTS = made("engine_boots", _MODULE, schema.ENGINE_BOOTS)
FAULTS = made("engine_faults", _MODULE, schema.ENGINE_FAULTS)
RATIOS = made("engine_ratios", _MODULE, schema.ENGINE_RATIOS)
OUTPUTS = made("engine_outputs", _MODULE, schema.ENGINE_OUTPUTS)
SERVED = made("engine_served", _MODULE, schema.ENGINE_SERVED)
OURS, OK = "ours", "ok"
_FOLDERS = re.compile(r"(?:/[^/\s]+)+/")
_MOST = 110  # letters of a reason on a page
# config -> in words
CONFIGS = {
    "committed": "vLLM's own file",
    "default": "what vLLM launches without a file",
    "ours": "the rows that the operator's record chose; for a layer that it was not recorded at,"
    " what is predicted without a GPU",
}
_PLAIN = ("model", "shape", "layers", "moe_layers", "batch", "config", "base", "boots",
          "base_wall_us", "base_gpu_us", "spread", "routing")  # fmt: skip
_SERVED = (
    "request_throughput", "output_throughput", "median_ttft_ms", "p99_ttft_ms", "median_tpot_ms",
    "p99_tpot_ms", "median_itl_ms", "p99_itl_ms",
)  # fmt: skip


def engine(read: Frames) -> Summary:
    """``runtime[GPU]``: ``engine``, a row a (model, batch, config, base), and ``engine_runs``.

    Nothing of a GPU on which no engine was booted.
    """
    found: Figure = {}
    for device, boots in read["engine_boots"].groupby("device", sort=True):
        ratios, outputs, served = (
            own[own["device"] == device]
            for own in (read["engine_ratios"], read["engine_outputs"], read["engine_served"])
        )
        rows = list(steps(ratios, equal_models(outputs)))
        faults = read["engine_faults"][read["engine_faults"]["device"] == device]
        counts = ratios[ratios["counted"].astype(bool)]
        found[str(device)] = {
            "engine": rows,
            "engine_runs": {
                "models": int(ratios["model"].nunique()),
                "over": {str(base): over(some) for base, some in
                         counts[counts["config"] == OURS].groupby("base", sort=True)},
                "boots": booted(boots),
                "failed": failed(boots, faults),
                **counted(outputs),
                "outputs": compared(outputs),
                "served": list(answered(served)),
            },
        }  # fmt: skip
    return {"runtime": found} if found else {}


def _estimate(row: Figure, prefix: str = "") -> Figure:
    return estimated(row, f"{prefix}ratio", ends=prefix, n="boots")


def steps(ratios: Frame, equal: dict[str, bool]) -> Iterator[Figure]:
    """Rows of ENGINE_RATIOS with their estimates; ``equal``: whether a model's outputs were."""
    for row in plain_rows(ratios):
        yield {
            **{name: row[name] for name in _PLAIN},
            "moe_part": row["base_moe_us"] / row["base_gpu_us"],
            "ratio": _estimate(row),
            "gpu_ratio": _estimate(row, "gpu_"),
            "outputs_equal": equal.get(row["model"]),
        }


def over(ratios: Frame) -> Figure:
    """Ours over one base: median, least and largest GPU time of a step, over models and batches.

    ``shown``: steps faster and slower after Holm's correction; each for itself beside it.
    """
    values = ratios["gpu_ratio"].to_numpy()
    return {
        "shown": {word: int((ratios["gpu_word"] == word).sum())
                  for word in (schema.FASTER, schema.SLOWER)},
        "n": len(values), "median": float(np.median(values)), "least": float(values.min()),
        "largest": float(values.max()), "faster": int((ratios["gpu_high"] < 1).sum()),
        "slower": int((ratios["gpu_low"] > 1).sum()),
    }  # fmt: skip


def equal_models(outputs: Frame) -> dict[str, bool]:
    """By model whether all outputs under another config were those under its first."""
    own = outputs[~outputs["planted"].astype(bool)]
    return {
        str(model): bool((rows["outcome"] == OK).all())
        for model, rows in own.groupby("model", sort=True)
    }


def counted(outputs: Frame) -> Figure:
    """``comparisons`` of outputs under another config than a boot's first, ``same_outputs`` of
    them, and ``by_config``; ``again``: the first config once more. Outputs of the first are what
    is held against, and no comparison. ``planted``: faults, and how many were found; by the gate:
    files of ours under a GEMM that is wrong, and how many it refused."""  # noqa: D205,D209
    planted = outputs["planted"].astype(bool)
    same = outputs["outcome"] == OK
    asked = outputs[planted & (outputs["config"] == OURS)]
    refused = sum(bool(refusals(row)) for row in plain_rows(asked))
    own = outputs[~planted].assign(same=same)
    another = own[own["config"] != _firsts(own)]
    again = own[own["again"].astype(bool)]
    return {
        "comparisons": len(another), "same_outputs": int(another["same"].sum()),
        "by_config": {str(config): _by_model(rows) for config, rows in another.groupby("config")},
        "again": {"n": len(again), "same": int(again["same"].sum())},
        "planted": {"n": int(planted.sum()), "found": int((planted & ~same).sum()),
                    "gate": {"n": len(asked), "refused": refused}},
    }  # fmt: skip


def _firsts(own: Frame) -> Any:
    """Of each row the config that its boot asked first, which CONFIGS has before all others."""
    names = list(CONFIGS)
    place = own["config"].map(names.index)
    first = place.groupby([own[name] for name in ("recording", "model", "boot")]).transform("min")
    return first.map(names.__getitem__)


def _by_model(rows: Frame) -> Figure:
    """Boots and models, and those of each in which all outputs stayed the same."""
    models = rows.groupby("model")["same"].all()
    return {"boots": len(rows), "boots_same": int(rows["same"].sum()),
            "models": len(models), "models_same": int(models.sum())}  # fmt: skip


def refusals(row: Figure) -> list[str]:
    """What the gate of a claim says of a file by its outputs alone, whatever was planted."""
    read: dict[str, str] = json.loads(row["launched"] or "{}")
    launched = {int(tokens): parse_id(config) for tokens, config in read.items()}
    layer = f"{row['device']}/{row['shape']}"
    return list(in_engine(launched, layer, pd.DataFrame([{**row, "planted": False}]), (), LIMIT))


def compared(outputs: Frame) -> list[Figure]:
    """Outputs of each model under each config, held against those under its first."""
    kept = ("model", "config", "again", "planted", "fault", "outcome", "reason", "logits_diff",
            "prompts", "next_equal", "tied", "tokens_equal", "tokens_compared", "file")  # fmt: skip
    return [
        {name: row[name] for name in kept} | {"reason": brief(row["reason"])}
        for row in plain_rows(outputs)
    ]


def brief(reason: str) -> str:
    """The beginning of a reason, as it may stand in a cell of a table, in code; without the folders
    of the machine that it was said on."""  # noqa: D205,D209
    said = _FOLDERS.sub("…/", reason)
    return said[:_MOST].replace("|", "/").replace("`", "'").replace("\n", " ")


def booted(boots: Frame) -> Figure:
    """Boots that were not made to fail: how many, outcomes, and how long they took."""
    own = boots[~boots["planted"].astype(bool)]
    fine = own[own["outcome"] == OK]
    return {
        "n": len(own), "ok": len(fine),
        "seconds": float(fine["seconds"].median()) if len(fine) else None,
        "vllm": sorted(map(str, fine["vllm"].dropna().unique())),
        "backends": sorted(map(str, fine["moe_backend"].dropna().unique())),
    }  # fmt: skip


def failed(boots: Frame, faults: Frame) -> list[Figure]:
    """Boots that ended otherwise, and all that were made to, in their boot or after it."""
    rows = boots[(boots["outcome"] != OK) & ~boots["planted"].astype(bool)]
    return [
        {name: row[name] for name in ("boot", "outcome")}
        | {"reason": brief(row["reason"]), "planted": planted}
        for some, planted in ((rows, False), (faults, True))
        for row in plain_rows(some)
    ]


def answered(served: Frame) -> Iterator[Figure]:
    """By model and round the fields of ``vllm bench serve``."""
    fine = served[served["outcome"] == OK]
    for row in plain_rows(fine):
        yield {name: row[name] for name in ("model", "round", "config", "requests", *_SERVED)}


def engines(summary: Summary) -> list[tuple[str, Figure]]:
    """(GPU, its part) of those on which an engine was booted."""
    parts = summary.get("runtime", {}).items()
    return [(device, part) for device, part in parts if part.get("engine_runs")]


def readings(summary: Summary, _: Headline) -> Iterator[str]:
    """A sentence for each GPU: what our files do to a decode step, and whether outputs stay."""
    for device, part in engines(summary):
        runs = part["engine_runs"]
        if not runs["over"]:
            continue
        said = "; ".join(
            f"over {base} {found['median']:.3f} in the median of {found['n']}, from"
            f" {found['least']:.3f} to {found['largest']:.3f}"
            for base, found in runs["over"].items()
        )
        yield (
            f"{short_name(device)}, vLLM's engine with {runs['models']} models of few layers: GPU"
            f" time of a decode step under our files {said}; outputs under another config the same"
            f" in {runs['same_outputs']} of {runs['comparisons']} comparisons."
        )


def found(summary: Summary) -> Iterator[Finding]:
    """What our files do to a whole decode step, and to what is answered."""
    for device, part in engines(summary):
        runs = part["engine_runs"]
        said = "; ".join(
            f"over {words} {one['median']:.3f} in the median, from {one['least']:.3f} to"
            f" {one['largest']:.3f} ({_told(one)})"
            for words, one in by_base(runs["over"])
        )
        yield Finding(
            f"The whole decode step in vLLM's engine ({short_name(device)})",
            f"GPU time with such files, {runs['models']} models of few layers: {said}"
            + _outputs(runs["by_config"]),
            "worth",
        )


def _told(one: Figure) -> str:
    """Of how many steps; of those how many are shown to differ."""
    shown = one["shown"]
    return (
        f"of {one['n']} model and batch sizes {shown['faster']} shown faster,"
        f" {shown['slower']} slower, after Holm"
    )


def _outputs(kept: Figure) -> str:
    said = [
        f"{words} on {one['models_same']} of {one['models']} models"
        for name, words in (("ours", "under them"), ("default", "under vLLM's default"))
        if (one := kept.get(name))
    ]
    return f"; outputs stayed the same {', '.join(said)}" if said else ""


def values(summary: Summary) -> dict[str, Any]:
    """What the templates show."""
    return {"engines": engines(summary)}


SECTION = Section(
    "engine",
    about="decode steps and outputs of vLLM's engine under our files, the committed ones and none",
    origins={
        "runtime/*/engine": [RATIOS, OUTPUTS],
        "runtime/*/engine_runs/over": [RATIOS],
        "runtime/*/engine_runs/models": [RATIOS],
        "runtime/*/engine_runs/boots": [BOOTS],
        "runtime/*/engine_runs/failed": [BOOTS, FAULTS],
        "runtime/*/engine_runs/outputs": [OUTPUTS],
        "runtime/*/engine_runs/comparisons": [OUTPUTS],
        "runtime/*/engine_runs/same_outputs": [OUTPUTS],
        "runtime/*/engine_runs/by_config": [OUTPUTS],
        "runtime/*/engine_runs/again": [OUTPUTS],
        "runtime/*/engine_runs/planted": [OUTPUTS],
        "runtime/*/engine_runs/served": [SERVED],
    },
    build=engine,
    found=found,
    do="where outputs must stay bit for bit, see below in which comparisons they did not: another"
    " config may add in another order.",
    readings=readings,
    values=values,
    words={"engine_configs": CONFIGS},
    captions={
        "engine": "GPU time of a decode step of vLLM's engine under our files, model by model."
    },
    links={"engine": "In vLLM's engine"},
)
