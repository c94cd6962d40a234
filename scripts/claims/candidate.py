"""A config file as the gate's candidate: reading one, and making one from what was recorded.

The file made holds, at every number of tokens of the grid, the best recorded config where a win
over the committed one is shown on an unmarked cell, and the committed config everywhere else.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.claims.baseline import BASELINE, read_baseline
from scripts.claims.inputs import records
from scripts.lib import command_line
from scripts.lib.config import Config, ConfigError, from_entry, parse_id
from scripts.lib.files import InputError, read_json, write_text
from scripts.lib.log import run_main
from scripts.lib.names import unknown_name
from scripts.lib.schemas.gains import GAINS
from scripts.lib.spec import read_spec
from scripts.lib.tables import read_table

EXAMPLE = """example:
  python -m scripts.claims.candidate --gains results/tables/statistics/gains.parquet \\
      --dataset nvidia_h200-bf16 --layer NVIDIA_H200/E8-N3584-K4096-top2-bf16 \\
      --out candidate.json"""


def read_candidate(path: Path) -> dict[int, Config]:
    """Tokens -> config of a config file; InputError names the key that is none."""
    body = read_json(path)
    if not isinstance(body, dict):
        raise InputError(f"{path}: holds no JSON object of configs by number of tokens")
    configs = {}
    for key, entry in body.items():
        if key == "triton_version" and isinstance(entry, str):
            continue
        if not key.isdecimal() or not isinstance(entry, dict):
            raise InputError(f"{path}: {key}: is no number of tokens with a config; remove it")
        try:
            configs[int(key)] = from_entry(entry)
        except ConfigError as error:
            raise InputError(f"{path}: {key}: {error}") from error
    return configs


def baseline_of(baseline: pd.DataFrame, layer: str) -> dict[int, Any]:
    """Tokens -> row of the baseline, of a layer (``GPU/shape``); InputError offers the nearest."""
    own = baseline[baseline["cell_id"].str.rpartition("/")[0] == layer]
    if own.empty:
        known = baseline["cell_id"].str.rpartition("/")[0].unique()
        raise unknown_name("layer of the baseline", layer, known)
    return {int(row.tokens): row for row in records(own)}


def best_recorded(gains: pd.DataFrame, own: dict[int, Any], grid: list[int]) -> dict[str, Any]:
    """The body of the config file: the gains' winners on unmarked cells, else the committed."""
    clear = gains[(gains["verdict"] == "win") & (gains["marks"] == "")]
    winners = clear.set_index("cell_id")["chosen_id"].to_dict()
    missing = [tokens for tokens in grid if tokens not in own]
    if missing:
        raise InputError(f"{BASELINE}: tokens {missing} are missing; measure these cells first")
    chosen = {m: winners.get(own[m].cell_id, own[m].config_id) for m in grid}
    return {str(m): parse_id(config_id).to_entry() for m, config_id in chosen.items()}


def main(argv: list[str] | None = None) -> int:
    """Read gains and baseline, choose, write the config file."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--gains", type=Path, required=True, help="best recorded config of cells")
    parser.add_argument(
        "--dataset", nargs="+", required=True, help="datasets whose gains count, one a GPU"
    )
    parser.add_argument("--baseline", type=Path, default=BASELINE, help="locked baseline")
    parser.add_argument("--layer", required=True, help="GPU/shape")
    parser.add_argument("--out", type=Path, required=True, help="config file to write")
    arguments = parser.parse_args(argv)

    def body() -> None:
        gains = read_table(arguments.gains, GAINS)
        own = baseline_of(read_baseline(arguments.baseline), arguments.layer)
        for name in arguments.dataset:
            if name not in set(gains["dataset"]):
                raise unknown_name("dataset", name, gains["dataset"].unique())
        gains = gains[gains["dataset"].isin(arguments.dataset)]
        made = best_recorded(gains, own, read_spec().token_grid)
        # Ascending keys: of two equally near ones a runtime takes the first.
        write_text(arguments.out, json.dumps(made, indent=4) + "\n")

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
