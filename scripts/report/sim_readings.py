"""Sentences on how well graphx-sim orders configs that it never saw measured."""

from __future__ import annotations

from typing import Any

from scripts.lib.device import short_name
from scripts.report import wording
from scripts.report.claims import Summary
from scripts.report.sim_words import ALL, DATASET, HARDER, HELD_OUT, MODEL, MODELS, TO_REACH, TOP

Figure = dict[str, Any]


def predictions(summary: Summary) -> list[str]:
    """Two sentences per GPU: what is reached beside what was to be, and how far it carries."""
    sentences = []
    for device, section in summary.get("sim", {}).items():
        name = short_name(device)
        sentences.append(_reached(name, section))
        sentences += _farther(name, section["readings"])
    return sentences


def _reached(device: str, section: Figure) -> str:
    models = section["readings"][DATASET][HELD_OUT][ALL]
    found = section["top_regret"][TOP]["within_2"]
    verdict = "reached" if found >= TO_REACH else "not reached"
    text = (
        f"{device}, layers that graphx-sim never saw: the best of its first {TOP} is within 2% of"
        f" the cell's best on {wording.share(found)} of {section['cells']} cells (to reach:"
        f" {wording.share(TO_REACH)}; {verdict})"
    )
    others = [
        f"{words} {wording.share(models[name]['top_regret'][TOP]['within_2'])}"
        for name, words in MODELS.items()
        if name in models and name != MODEL
    ]
    by_scheme = [
        f"{scheme} {wording.share(found[MODEL]['top_regret'][TOP]['within_2'])} of"
        f" {found[MODEL]['cells']}"
        for scheme, found in section["readings"][DATASET][HELD_OUT].items()
        if scheme != ALL
    ]
    return "; ".join([text, *others]) + f". By number formats: {', '.join(by_scheme)}."


def _farther(device: str, readings: Figure) -> list[str]:
    """What was predicted before the measurement, by the model of that day."""
    harder = readings[DATASET].get(HARDER, {}).get(ALL, {}).get(MODEL)
    if harder is None:
        return []
    return [
        f"{device}, predictions that stood on the plan before the cells were measured: within 2% on"
        f" {wording.share(harder['top_regret'][TOP]['within_2'])} of {harder['cells']} cells,"
        f" rank correlation {harder['spearman']['median']:.3f} (median)."
    ]
