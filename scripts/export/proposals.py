"""Write the config files that graphx would propose to the runtime, a folder each, ready to be sent.

A file is proposed if all of its rows were recorded under the runtime's own operator and another
config is shown to be faster for at least one, by the rule of exported rows. All other rows stay as
they are. Beside the file stands what its maintainers ask for: the table against default and
committed, how it was measured, the commands, and the line that the runtime logged as it read it.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib import command_line
from scripts.lib.config import parse_id
from scripts.lib.files import InputError, read_json, sha256, write_text
from scripts.lib.log import run_main
from scripts.lib.runtimes.body import body
from scripts.lib.runtimes.default_config import RELEASE
from scripts.lib.runtimes.runtime import VLLM
from scripts.lib.schemas.health import HEALTH
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table

LOG = logging.getLogger("export.proposals")
README = "README.md"
EXAMPLE = """example:
  python -m scripts.export.proposals --health results/tables/statistics/health.parquet \\
    --runs data/recorded/measured/nvidia_h200-op/runs.json --out results/proposals
"""
Said = Mapping[str, Mapping[str, Any]]  # by file: what the runtime's loader said of it


def said_by_loader(paths: Iterable[Path]) -> dict[str, Mapping[str, Any]]:
    """Lines of scripts.runtime.loaded by file and hash, ``<file> <sha256>``. InputError for others.

    The hash is part of the key: what was said of another text says nothing of this one.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                row = json.loads(line)
                found[f"{row['file']} {row['sha256']}"] = row
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    f"{path}:{number}: is no line of scripts.runtime.loaded ({error}); ask again"
                ) from None
    return found


def text_of(rows: pd.DataFrame, triton: str) -> str:
    """The proposed file's text. ``rows``: of HEALTH, one file's; ``triton``: measured under."""
    cell = parse_cell(str(rows["cell_id"].iloc[0]))
    configs = {
        int(tokens): parse_id(str(config))
        for tokens, config in zip(rows["tokens"], rows["proposed_id"], strict=True)
    }
    return body(VLLM, cell.shape, cell.device, configs, triton)


def write(
    table: pd.DataFrame, runs: Mapping[str, Mapping[str, Any]], said: Said, folder: Path
) -> list[Path]:
    """A folder for each proposed file of HEALTH, below one for its GPU; what lay there goes.

    ``runs``: by recording, the run that measured it.
    """
    parts: list[Path] = []
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    proposed = table[table["in_proposal"]]
    for (device, file), rows in proposed.groupby(["device", "file"], sort=True):
        mine = rows.sort_values("tokens")
        run = runs[str(mine["dataset"].iloc[0])]
        path = folder / str(device) / Path(str(file)).stem / str(file)
        write_text(path, text_of(mine, run["packages"]["triton"]))
        line = said.get(f"{file} {sha256(path)}")
        write_text(path.parent / README, readme(mine, run, line))
        parts.append(path)
    return parts


def readme(rows: pd.DataFrame, run: Mapping[str, Any], said: Mapping[str, Any] | None) -> str:
    """What goes with a file. ``run``: that measured its rows; ``said``: of it by the loader."""
    first = rows.iloc[0]
    cell = parse_cell(str(first["cell_id"]))
    changed = rows[rows["proposed_id"] != rows["committed_id"]]
    gpu, packages = run["gpu"], run["packages"]
    lines = [
        f"# {first['file']}",
        "",
        f"Retunes {len(changed)} of {len(rows)} batch sizes of the fused MoE kernel for"
        f" {gpu['name']} (E={cell.shape.experts}, N={cell.shape.intermediate},"
        f" K={cell.shape.hidden}, top_k={cell.shape.top_k}, {cell.shape.scheme}); the other rows"
        " are as committed.",
        "",
        f"Measured with `fused_experts` of vLLM {packages['vllm']} (whole operator, CUDA graph,"
        f" cold weights, uniform routing), Triton {packages['triton']}, torch {packages['torch']},"
        f" driver {gpu['driver']}. Ratios are medians over interleaved rounds with 95% intervals;"
        " below 1 is faster. A row is changed only where its whole interval against the committed"
        " config lies below 1 and its median below 0.99, and where it is the default, or is shown"
        " to be faster than the default, too, if that is the better of the two.",
        "",
        *_table(rows),
        "",
        *_effect(rows, changed),
        "",
        "Engine: not measured with this file.",
        "",
        f"Read by vLLM's loader: {_line(said)}",
        "",
        "```",
        f"python -m scripts.runtime.plan --shapes {cell.shape.id} --measured RECORDINGS --out PLAN",
        "python -m scripts.runtime.study --plan PLAN --ledger LEDGER --race",
        "python -m scripts.export.proposals --health HEALTH --out results/proposals",
        "```",
    ]
    return "\n".join(lines) + "\n"


def _table(rows: pd.DataFrame) -> list[str]:
    lines = [
        "| M | committed | us | over default | proposed | over committed |",
        "|---|---|---|---|---|---|",
    ]
    for row in map(dict, rows.to_dict("records")):
        kept = row["proposed_id"] == row["committed_id"]
        default = "" if pd.isna(row["over_default"]) else _ratio(row, "over_default")
        lines.append(
            f"| {row['tokens']} | {row['committed_id']} | {row['committed_us']:.1f} | {default} |"
            f" {'as committed' if kept else row['proposed_id']} |"
            f" {'' if kept else _ratio(row, 'gain')} |"
        )
    return lines


def _ratio(row: Mapping[Any, Any], name: str) -> str:
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    return f"{value:.3f} ({low:.3f}-{high:.3f})"


def _effect(rows: pd.DataFrame, changed: pd.DataFrame) -> list[str]:
    best = changed.sort_values("gain").iloc[0]
    lines = [
        f"Largest gain: {1 - best['gain']:.1%} of the operator's time, at M = {best['tokens']}."
        f" Default: what vLLM {RELEASE} launches without a file."
    ]
    left = rows["held_id"] == rows["committed_id"]
    for which, some in (("changed", rows[~left]), ("left as committed", rows[left])):
        worst = some["over_better"].max()
        if pd.notna(worst):
            lines.append(
                f"Chosen by half of the rounds and judged by the others, the worst row {which}"
                f" stands at {worst:.3f} of the better of committed and default."
            )
    return lines


def _line(said: Mapping[str, Any] | None) -> str:
    if said is None or not said.get("taken"):
        return "not asked."
    return f"`{said['line']}` (vLLM {said['vllm']}; all entries taken)"


def _runs(paths: Sequence[Path]) -> dict[str, Mapping[str, Any]]:
    """The first run of each recording, by its folder's name."""
    return {path.parent.name: read_json(path)["runs"][0] for path in paths}


def main(argv: list[str] | None = None) -> int:
    """Parse, read, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--health", type=Path, required=True, help="HEALTH table")
    add("--runs", type=Path, nargs="*", default=[], help="runs.json of the operator's recordings")
    add("--said", type=Path, nargs="*", default=[], help="files of scripts.runtime.loaded")
    add("--out", type=Path, required=True, help="folder to write anew")
    args = parser.parse_args(argv)

    def body() -> None:
        table = read_table(args.health, HEALTH)
        written = write(table, _runs(args.runs), said_by_loader(args.said), args.out)
        LOG.info("%s: %d proposals", args.out, len(written))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
