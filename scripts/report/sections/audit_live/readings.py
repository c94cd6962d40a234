"""What the live audit's figures say, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.report import wording
from scripts.report.gpus import each
from scripts.report.section import Figure, Headline, Summary, find
from scripts.report.sections.audit_live.grid import RECREATED


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
