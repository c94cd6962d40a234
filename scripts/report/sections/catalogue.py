"""The catalogue: a file for a model on a GPU, to pick, to copy and to download from the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scripts.lib.config import parse_id
from scripts.lib.runtimes.body import entry
from scripts.lib.runtimes.runtime import RUNTIMES, TRITON, Runtime, triton_folder
from scripts.lib.schemas.catalogue import CATALOGUE, CATALOGUE_ROWS
from scripts.lib.schemas.openings import ALL
from scripts.report import wording
from scripts.report.packing import island
from scripts.report.rows import plain_rows
from scripts.report.section import Browsable, Figure, Finding, Frame, Section, Summary, made

ENTRIES = made("catalogue", "catalogue.build", CATALOGUE)
ROWS = made("catalogue_rows", "catalogue.build", CATALOGUE_ROWS)
# What an entry is of; each has one row for each runtime.
KEY = ["model", "scheme", "tensor_parallel", "expert_parallel", "device"]
STATUS = {
    "shipped": "comes with the runtime",
    "tuned": "graphx tuned it on that GPU",
    "measured": "every row from what was recorded on that GPU",
    "transferred": "a row at least comes from another GPU's file",
    "predicted": "all rows by graphx-sim, from what files hold for similar cells",
}
# Of the files that the page holds: these columns, in this order.
PICKED = ["model", "scheme", "tensor_parallel", "device", "runtime", "file", "status", "batches",
          "kept", "ratio", "low", "high", "confidence"]  # fmt: skip


def catalogue(entries: Frame) -> Figure:
    """Counts of the catalogue, and of its files by runtime and status."""
    counted = entries.groupby(["runtime", "status"]).size()
    return {
        "entries": len(entries.drop_duplicates(KEY)),
        "gpus": int(entries["device"].nunique()),
        "models": int(entries["model"].nunique()),
        "files": {
            runtime: {status: int(counted.get((runtime, status), 0)) for status in STATUS}
            for runtime in sorted(set(entries["runtime"]))
        },
    }


def calibrated(summary: Summary) -> Summary:
    """How often the bands held that files for GPUs without recordings are stated with."""
    found = summary.get("expected", {}).get(ALL, {}).get("row")
    if not found or "catalogue" not in summary:
        return {}
    held = {"coverage": found["covered"], "n": found["judged"]}
    return {"catalogue": {"calibrated": held}}


def picker_pack(entries: Frame, rows: Frame) -> str:
    """The entries with their files, folded up for the page.

    The pack has ``configs``, the entries of files as text, each once; of each picked file its
    columns and, as ``batches``, tokens and the place of each row's config.
    """
    bodies = dict(list(rows.groupby(["device", "shape_id", "runtime"])))
    configs: dict[str, int] = {}
    files: list[Any] = []
    for one in entries.to_dict("records"):
        own = "" if one["status"] != "shipped" else one["runtime"]
        mine = bodies[one["device"], one["shape_id"], own].sort_values("tokens")
        runtime, scheme = RUNTIMES[one["runtime"]], str(one["scheme"])
        places = [
            configs.setdefault(
                json.dumps(entry(runtime, scheme, parse_id(text)), separators=(",", ":")),
                len(configs),
            )
            for text in mine["config_id"]
        ]
        files.append([*(_short(one[name]) for name in PICKED), mine["tokens"].tolist(), places])
    pack = {
        "columns": PICKED,
        "configs": list(configs),
        "files": files,
        "triton": TRITON,
        "triton_key": {name: one.rules.triton_key for name, one in RUNTIMES.items()},
        "load": {name: _load(one) for name, one in RUNTIMES.items()},
    }
    return island("catalogue-pack", json.dumps(pack, separators=(",", ":")).encode())


def _load(runtime: Runtime) -> str:
    """Where a downloaded file goes, and how the runtime is told of it."""
    below = f"configs/{triton_folder(TRITON)}/" if runtime.triton_folders else ""
    return f"put it in FOLDER/{below} and set {runtime.rules.folder_variable}=FOLDER"


def _short(value: Any) -> Any:
    """Four digits; None for what is not there."""
    if isinstance(value, float):
        return None if value != value else round(value, 4)  # noqa: PLR0124 - NaN
    return value if isinstance(value, str) else int(value)


def found(summary: Summary) -> Iterator[Finding]:
    """How many files there are to take, and how often what they promise held."""
    own = summary["catalogue"]
    held = own.get("calibrated", {})
    text = (
        f"for {own['entries']:,} combinations of {own['models']} public models, number formats and"
        f" tensor parallelism on {own['gpus']} GPUs, a file for each runtime that lacks one"
    )
    if held.get("coverage") is not None:
        text += (
            "; the brackets of what it is expected to be worth held"
            f" {wording.share(held['coverage'])} of {held['n']:,} rows of recorded GPUs, as if"
            " nothing had been recorded of them"
        )
    yield Finding("Files to pick", text, "")


SECTION = Section(
    "catalogue",
    about="for public models, made without the GPU: to pick, to copy, to download",
    found=found,
    do="pick your model in `results/report.html`, or `graphx config --model … --gpu …`.",
    origins={"catalogue": [ENTRIES]},
    build=lambda read: {"catalogue": catalogue(read["catalogue"])},
    derive=calibrated,
    words={"catalogue_words": {"STATUS": STATUS}},
    rows={
        "catalogue": Browsable((ENTRIES,), plain_rows),
        "picker_pack": Browsable((ENTRIES, ROWS), picker_pack),
    },
    links={"catalogue": "Get a config file"},
)
