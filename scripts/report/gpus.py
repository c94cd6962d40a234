"""Keys of the summary that name no GPU are about the first; ``gpus`` holds the same of the others.

The first is that of the dataset on which searches are replayed. Recording another GPU leaves its
figures as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scripts.report.section import Frame, Frames, Summary


def first_gpu(read: Frames) -> str:
    """The GPU of the first dataset of the runs."""
    recorded, dataset = read["recorded"], read["runs"][0].dataset
    return str(recorded.loc[recorded["dataset"] == dataset, "device"].iloc[0])


def of_gpu(frame: Frame, device: str, target: str = "device") -> Frame:
    """Its rows of a table, by the column ``target`` or else by cells."""
    if target in frame:
        return frame[frame[target] == device]
    return frame[frame["cell_id"].str.startswith(f"{device}/")]


def beside(read: Frames, make: Callable[[str], Mapping[str, Any]]) -> Summary:
    """What ``make`` says of the first GPU under its keys, of others below ``gpus``, if anything."""
    first = first_gpu(read)
    others = {
        device: found
        for device in sorted(set(read["recorded"]["device"]) - {first})
        if (found := make(device))
    }
    return {**make(first), **({"gpus": others} if others else {})}


def each(summary: Summary) -> Iterator[tuple[str, Summary]]:
    """Each GPU with its keys, the first one first; none of a summary that names none."""
    if "first_gpu" in summary:
        yield summary["first_gpu"], summary
    yield from summary.get("gpus", {}).items()
