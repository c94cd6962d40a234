"""Counts of the spaces by stage and reason, and the check of what stands for what."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from kernels.formats import Format
from scripts.lib import command_line
from scripts.lib.device import Device, Vendor, find_device
from scripts.lib.log import run_main
from scripts.lib.schemas.space import SPACE, SPACE_COUNTS, SPACE_SAMPLE, Stage
from scripts.lib.tables import read_table, write_table
from scripts.space.binaries import WHOLE
from scripts.space.judge import compiler_says, read_compiled
from scripts.space.sample import compare_samples, refused_by_formula
from scripts.space.shared_memory import both_tiles_bytes
from scripts.space.spaces import published_space
from scripts.space.targets import find_form

EXAMPLE = """example:
  python -m scripts.space.counts --spaces results/tables/space/*-*.parquet \\
    --compiled data/recorded/space/*.parquet --out results/tables/space/space_counts.parquet \\
    --out-sample results/tables/space/space_sample.parquet
"""

Rows = list[tuple[str, str, int]]


def count_spaces(spaces: Iterable[pd.DataFrame], compiled: pd.DataFrame) -> pd.DataFrame:
    """Rows of SPACE_COUNTS, sorted by GPU and scheme, for frames of one (GPU, scheme) each."""
    parts = []
    for space in spaces:
        device, scheme = (str(space[name].iloc[0]) for name in ("device", "scheme"))
        found = _of_configs(space) + _of_binaries(find_device(device), find_form(scheme), compiled)
        rows = pd.DataFrame(found, columns=["quantity", "key", "value"])
        parts.append(rows.assign(device=device, scheme=scheme))
    frame = pd.concat(parts, ignore_index=True)[SPACE_COUNTS.names]
    return frame.sort_values(["device", "scheme"], kind="stable", ignore_index=True)


def _of_configs(space: pd.DataFrame) -> Rows:
    device, scheme = find_device(str(space["device"].iloc[0])), str(space["scheme"].iloc[0])
    left = len(space)
    found: Rows = [("enumerated", "", left)]
    for stage, name in ((Stage.PRUNE, "pruned"), (Stage.PREFILTER, "prefiltered")):
        left -= int((space["stage"] == stage.value).sum())
        if stage is not Stage.PRUNE or device.vendor is Vendor.AMD:
            found.append((name, "", left))
    found.append(("legal", "", int(space["legal"].sum())))
    reasons = space["reason"].value_counts().sort_index()
    found += [("reason", str(reason), int(number)) for reason, number in reasons.items()]
    return found + _naive_formula(device, find_form(scheme))


def _of_binaries(device: Device, form: Format, compiled: pd.DataFrame) -> Rows:
    mine = compiled[(compiled["arch"] == device.arch) & (compiled["scheme"] == form.name)]
    refused = mine[refused_by_formula(mine, device, form)]
    accepted = int(compiler_says(refused, device).isna().sum())
    whole = "whole_space" if (device.arch, form.name) in WHOLE else "refused_sample"
    versions = mine["triton"].value_counts().sort_index()
    return [
        ("binaries", "compiled", int((~mine["drawn"]).sum())),
        ("binaries", "drawn", int(mine["drawn"].sum())),
        *(("triton", str(version), int(number)) for version, number in versions.items()),
        (whole, "rejected", len(refused)),
        (whole, "accepted", accepted),
    ]


def _naive_formula(device: Device, form: Format) -> Rows:
    """Where it is defined: operands of one width, and a vendor whose published filters use it."""
    if device.vendor is not Vendor.NVIDIA or form.a_bits != form.b_bits:
        return []
    needed = both_tiles_bytes(published_space(device.vendor, form), form)
    return [("naive_formula", "", int((needed <= device.shared_bytes).sum()))]


def main(argv: list[str] | None = None) -> int:
    """Parse, read, count, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--spaces", type=Path, nargs="+", required=True, help="SPACE tables")
    parser.add_argument("--compiled", type=Path, nargs="+", required=True, help="COMPILED tables")
    parser.add_argument("--out", type=Path, required=True, help="SPACE_COUNTS table to write")
    parser.add_argument("--out-sample", type=Path, required=True, help="SPACE_SAMPLE to write")
    args = parser.parse_args(argv)

    def body() -> None:
        compiled = read_compiled(args.compiled)
        counts = count_spaces((read_table(path, SPACE) for path in args.spaces), compiled)
        write_table(args.out, counts, SPACE_COUNTS)
        write_table(args.out_sample, compare_samples(compiled), SPACE_SAMPLE)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
