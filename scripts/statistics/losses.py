"""Every cell where the best other config stays behind the committed one, with the nearest cause.

A loss is beyond the margin, `behind` within it. The causes are a closed list, asked for in order;
the first whose rule holds is the cell's:

noise: the second recording does not say it of the same two configs (no loss; of `behind`, its
interval reaches 1), or, of a cell recorded once, it holds by less than such a ratio moves between
two recordings (median). space: the committed config is outside the legal space. budget: another
dataset knows a config that is no slower and was not among the tried, or legal configs one parameter
away from the committed one were not. censored_label: the committed config is marked as the best of
a curtailed search. version: its file names another Triton than it was measured with. best_known:
none of these.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.config import parse_id
from scripts.lib.files import InputError, read_json
from scripts.lib.judging.decision import LOSS, decide
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.gains import GAINS
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.losses import LOSSES, Cause, Kind
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.schemas.recorded import COVERAGE
from scripts.lib.schemas.revalidation import REVALIDATION
from scripts.lib.schemas.space import SPACE
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.aa_rates import widen
from scripts.statistics.bootstrap import round_10
from scripts.statistics.dataset import named, read_datasets
from scripts.statistics.held import errors
from scripts.statistics.nearby import spaces

Row = Mapping[Any, Any]
KEYS = ["dataset", "cell_id"]
AGAIN = ["again_verdict", "again_low", "again_ratio", "again_high"]
KNOWN = ["known_id", "known_ratio", "known_dataset"]
EXAMPLE = (
    "python -m scripts.statistics.losses --gains gains.parquet --revalidation revalidation.parquet"
    " --coverage coverage.parquet --history data/recorded/history.parquet"
    " --trials a/trials.parquet b/trials.parquet --runs a/runs.json b/runs.json"
    " --aa aa_rates.parquet"
    " --space space/NVIDIA_H200-bf16.parquet --margin 0.01 --out losses.parquet"
)


@dataclass(frozen=True)
class Evidence:
    """What causes are looked for in: tables of the schemas of their names.

    ``trials``: dataset, cell_id, config_id, outcome; ``legal``: device, scheme, config_id;
    ``triton``: the version each dataset was measured with; ``aa``: AA_RATES.
    """

    revalidation: pd.DataFrame
    coverage: pd.DataFrame
    history: pd.DataFrame
    trials: pd.DataFrame
    legal: pd.DataFrame
    triton: dict[str, str]
    aa: pd.DataFrame


def explain(gains: pd.DataFrame, evidence: Evidence, margin: float) -> pd.DataFrame:
    """Schema LOSSES, of the cells that have a committed config file."""
    rows = gains[(gains["verdict"] == LOSS) | (gains["low"] > 1)]
    kinds = np.where(rows["verdict"] == LOSS, str(Kind.LOSS), str(Kind.BEHIND))
    rows = _about(rows.assign(kind=kinds), evidence)
    rows = _again(rows, evidence.revalidation)
    rows = _near(rows, evidence)
    rows = rows.merge(_known(rows, gains, evidence.trials), on=KEYS, how="left")
    ends = widen(rows["low"], rows["high"], errors(rows.assign(same=False), evidence.aa))
    rows["widened"] = decide(*ends, margin)
    causes = [cause_of(row, margin) for row in rows.to_dict("records")]
    rows["cause"] = [str(cause) for cause, _ in causes]
    rows["evidence"] = [words for _, words in causes]
    return rows.sort_values(["kind", *KEYS], ascending=[False, True, True])[LOSSES.names]


def _about(rows: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Add the committed config's file and what the history says of it, and the Triton measured."""
    file = evidence.coverage.drop_duplicates("cell_id")[["cell_id", "file"]]
    facts = evidence.history.drop_duplicates("file")[["file", "triton_version", "censored"]]
    out = rows.merge(file, on="cell_id").merge(facts, on="file", how="left")
    return out.assign(measured_triton=out["dataset"].map(evidence.triton))


def _again(rows: pd.DataFrame, revalidation: pd.DataFrame) -> pd.DataFrame:
    """Add what the second recording says of the same two, and how far such ratios move."""
    said = revalidation.drop(columns="dataset").rename(columns={"first": "dataset"})
    paired = said[said["again_evidence"] == "paired"]
    moved = (np.log(paired["again_ratio"]) - np.log(paired["ratio"])).abs()
    moves = moved.groupby(paired["dataset"]).median().map(round_10)
    out = rows.merge(said[[*KEYS, "chosen_id", *AGAIN]], on=[*KEYS, "chosen_id"], how="left")
    return out.assign(moves=out["dataset"].map(moves).astype(float))


def _near(rows: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    known = spaces(evidence.legal)
    wanted = evidence.trials.merge(rows[KEYS], on=KEYS)
    ran = wanted[wanted["outcome"] != Outcome.NOT_MEASURED]
    tried = ran.groupby(KEYS)["config_id"].agg(list).to_dict()
    for key in zip(rows["device"], rows["scheme"], strict=True):
        if key not in known:
            raise InputError(f"space: none of {key[1]} on {key[0]}; name its table with --space")
    found = [
        known[row["device"], row["scheme"]].around(
            row["committed_id"], tried[row["dataset"], row["cell_id"]]
        )
        for row in rows.to_dict("records")
    ]
    names = ("in_space", "near", "near_tried")
    out = rows.assign(**{name: [getattr(one, name) for one in found] for name in names})
    out["tile_tried"] = [
        any(
            _same_tile(config, row["committed_id"])
            for config in tried[row["dataset"], row["cell_id"]]
        )
        for row in rows.to_dict("records")
    ]
    return out


def _same_tile(config_id: str, committed_id: str) -> bool:
    """Whether it is another config with the same BLOCK_SIZE_M."""
    sizes = {parse_id(name).block_size_m for name in (config_id, committed_id)}
    return config_id != committed_id and len(sizes) == 1


def _known(rows: pd.DataFrame, gains: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """Of each cell: the best config of another dataset that is no slower and was not tried here."""
    others = gains.loc[gains["low"] <= 1, [*KEYS, "chosen_id", "ratio"]]
    others = others.set_axis(["known_dataset", "cell_id", "known_id", "known_ratio"], axis=1)
    pairs = rows[[*KEYS, "ratio"]].merge(others, on="cell_id")
    pairs = pairs[(pairs["known_ratio"] < pairs["ratio"])]
    here = trials.rename(columns={"config_id": "known_id"})[[*KEYS, "known_id", "outcome"]]
    pairs = pairs.merge(here, on=[*KEYS, "known_id"], how="left")
    best = pairs[pairs["outcome"].isna()].sort_values([*KEYS, "known_ratio", "known_id"])
    return best.drop_duplicates(KEYS)[[*KEYS, *KNOWN]]


def cause_of(row: Row, margin: float) -> tuple[Cause, str]:
    """The first cause whose rule holds, and what decided it. ``row``: as LOSSES, without these."""
    rules = (_noise(row, margin), _space(row), _budget(row), _label(row), _version(row))
    for cause, words in zip(Cause, rules, strict=False):
        if words:
            return cause, words
    return Cause.BEST_KNOWN, f"all {row['near']} legal configs one parameter away were tried"


def _noise(row: Row, margin: float) -> str:
    bound = 1 + margin if row["kind"] == Kind.LOSS else 1.0
    if isinstance(row["again_verdict"], str):
        if row["again_low"] > bound:
            return ""
        interval = f"{row['again_low']:.4f} to {row['again_high']:.4f}"
        return f"second recording: {row['again_ratio']:.4f} ({interval}), a {row['again_verdict']}"
    beyond = row["low"] / bound - 1
    # Without any second recording of the dataset it is not known how far a ratio moves.
    if pd.isna(row["moves"]) or beyond >= row["moves"]:
        return ""
    moves = f"between recordings such a ratio moves by {row['moves']:.4f} (median)"
    return f"holds by {beyond:.4f}; {moves}"


def _space(row: Row) -> str:
    return "" if row["in_space"] else f"{row['committed_id']} is not in the legal space"


def _budget(row: Row) -> str:
    if isinstance(row["known_id"], str):
        where = f"{row['known_ratio']:.4f} in {row['known_dataset']}"
        return f"{row['known_id']} runs at {where} and was not tried"
    missing = row["near"] - row["near_tried"]
    return (
        f"{missing} of {row['near']} legal configs one parameter away not tried" if missing else ""
    )


def _label(row: Row) -> str:
    return f"label marked {row['censored']}" if isinstance(row["censored"], str) else ""


def _version(row: Row) -> str:
    stated, measured = row["triton_version"], row["measured_triton"]
    if not isinstance(stated, str) or stated == measured:
        return ""
    return f"its file names Triton {stated}, measured with {measured}"


def triton_versions(paths: Iterable[Path]) -> dict[str, str]:
    """Of each dataset the Triton that its runs name, from its runs.json."""
    out = {}
    for name, path in named(paths).items():
        runs = read_json(path).get("runs", [])
        versions = {str(run.get("packages", {}).get("triton", "unknown")) for run in runs}
        out[name] = ", ".join(sorted(versions)) or "unknown"
    return out


def main(argv: list[str] | None = None) -> int:
    """Read verdicts and evidence, explain, write."""
    parser = options.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--gains", type=Path, required=True, help="best of the configs tried")
    add("--revalidation", type=Path, required=True, help="what second recordings say")
    add("--coverage", type=Path, required=True, help="files of the cells")
    add("--history", type=Path, required=True, help="mined history")
    add("--trials", type=Path, nargs="+", required=True, help="trials of each dataset")
    add("--runs", type=Path, nargs="+", required=True, help="provenance of each dataset")
    add("--aa", type=Path, required=True, help="AA_RATES table")
    add("--space", type=Path, nargs="+", required=True, help="legal configs")
    add("--margin", type=float, default=0.01, help="margin of a loss")
    add("--out", type=Path, required=True, help="table of losses")
    arguments = parser.parse_args(argv)

    def body() -> None:
        columns = ["device", "scheme", "config_id", "legal"]
        space = pd.concat([read_table(path, SPACE, columns) for path in arguments.space])
        evidence = Evidence(
            revalidation=read_table(arguments.revalidation, REVALIDATION),
            coverage=read_table(arguments.coverage, COVERAGE, ["cell_id", "file"]),
            history=read_table(arguments.history, HISTORY, ["file", "triton_version", "censored"]),
            trials=read_datasets(arguments.trials, TRIALS, ["cell_id", "config_id", "outcome"]),
            legal=space[space["legal"]],
            triton=triton_versions(arguments.runs),
            aa=read_table(arguments.aa, AA_RATES),
        )
        table = explain(read_table(arguments.gains, GAINS), evidence, arguments.margin)
        write_table(arguments.out, table, LOSSES)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
