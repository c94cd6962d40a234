"""What the first screen says: what was found, what to do, how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from scripts.report.section import Figure, Section, Summary
from scripts.report.sections.margins import QUOTED, level

# The source GPUs that first pages are about.
SOURCES = ("NVIDIA_H100_80GB_HBM3", "AMD_Instinct_MI300X")


def pairs(summary: Summary) -> Iterator[Figure]:
    """Of each pair: what is shown of ``copied`` and ``searched`` configs, the search's trials."""
    margin = level(summary["statistics"]["margin"])
    for source, device in product(SOURCES, summary["measured"]):
        pair = f"{source}->{device}"
        choices, own = summary["margins"].get(pair, {}), summary["live"].get(pair)
        if own is None or not {"copied", "searched"} <= set(choices):
            continue
        shown = {name: choices[name][QUOTED][margin] for name in ("copied", "searched")}
        yield {"source": source, "device": device, "trials": own["trials"], **shown}


def values(summary: Summary) -> Mapping[str, Any]:
    """What the templates show."""
    return {"first_pairs": list(pairs(summary))}


SECTION = Section("first", values=values)
