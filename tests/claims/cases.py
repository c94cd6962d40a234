"""A candidate with its evidence, as the gate takes them, and one fault planted in either."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.claims.baseline import BASELINE, read_baseline
from scripts.claims.candidate import baseline_of, read_candidate
from scripts.claims.candidate import main as make_candidate
from scripts.claims.evidence import Recording, read_recording
from scripts.claims.gate import KERNEL, judge
from scripts.lib.config import Config, parse_id
from scripts.lib.schemas.engine import ENGINE_OUTPUTS
from scripts.lib.schemas.gains import GAINS
from scripts.lib.schemas.measured import CELLS, FINALS
from scripts.lib.schemas.space import SPACE
from scripts.lib.spec import read_spec
from scripts.lib.tables import read_table, write_table
from scripts.statistics.gains import gains
from tests.claims.conftest import MEASURED, Study

LAYER = "NVIDIA_H200/E8-N3584-K4096-top2-bf16"
DATASET = "nvidia_h200-bf16"
WINNER = 16  # tokens at which the recorded best wins by 11 %


@dataclasses.dataclass(frozen=True)
class Case:
    """A candidate with its evidence, as ``judge`` takes them."""

    candidate: dict[int, Config]
    baseline: dict[int, Any]
    recordings: list[Recording]
    space: pd.DataFrame
    files: Path

    def judged(self, claim: str = KERNEL, *, judging_half: bool = True) -> dict[str, Any]:
        return judge(
            self.candidate, self.baseline, self.recordings, self.space, read_spec(), claim,
            judging_half=judging_half,
        )  # fmt: skip


def recorded_best(study: Study, folder: Path) -> Case:
    """The best recorded configs of LAYER, made by the command, and a space that holds them."""
    recorded = study.recorded[
        (study.recorded["dataset"] == DATASET) & study.recorded["cell_id"].str.startswith(LAYER)
    ]
    cells = read_table(MEASURED / DATASET / "cells.parquet", CELLS).assign(dataset=DATASET)
    finals = read_table(MEASURED / DATASET / "finals.parquet", FINALS).assign(dataset=DATASET)
    finals = finals[finals["cell_id"].str.startswith(LAYER)]
    write_table(folder / "gains.parquet", gains(recorded, cells, finals, 0.01, 0.95), GAINS)
    words = ["--gains", str(folder / "gains.parquet"), "--dataset", DATASET, "--layer", LAYER]
    assert make_candidate([*words, "--out", str(folder / "candidate.json")]) == 0
    candidate = read_candidate(folder / "candidate.json")
    space = pd.DataFrame(
        {
            "device": "NVIDIA_H200", "scheme": "bf16", "legal": True, "reason": None,
            "stage": None, "least_shared_bytes": 0, "compiled_as": None,
            "config_id": sorted({config.id for config in candidate.values()}),
        }
    )  # fmt: skip
    space = space.assign(**{name: None for name in SPACE.names if name not in space})
    write_table(folder / "space.parquet", space[SPACE.names], SPACE)
    own = baseline_of(read_baseline(BASELINE), LAYER)
    cell_ids = [row.cell_id for row in own.values()]
    recording = read_recording(MEASURED / DATASET, cell_ids)
    return Case(candidate, own, [recording], space, folder)


def engine_rows(case: Case, **changed: object) -> pd.DataFrame:
    """The engine under the candidate, as scripts.serving.engine has it."""
    device, _, shape = LAYER.partition("/")
    launched = {str(tokens): config.id for tokens, config in case.candidate.items()}
    row = {
        "device": device, "model": "m", "shape": shape, "boot": "m-0", "config": "ours",
        "recording": "r", "again": False, "planted": False,
        "outcome": "ok", "reason": "", "logits_diff": 0.0, "prompts": 3,
        "next_equal": 3, "tied": 0, "tokens_equal": 9, "tokens_compared": 9, "file": "E=8.json",
        "launched": json.dumps(launched), "kernel_hash": "0123",
    }  # fmt: skip
    return pd.DataFrame([row | changed], columns=ENGINE_OUTPUTS.names)


def in_layer(case: Case) -> Case:
    """With every difference measured once more as part of the whole layer."""
    (old,) = case.recordings
    cells = old.cells.assign(scope="layer")
    more = dataclasses.replace(old, name="planted", cells=cells)
    return dataclasses.replace(case, recordings=[old, more])


def with_candidate(case: Case, tokens: int, config_id: str | None) -> Case:
    changed = {**case.candidate}
    if config_id is None:
        del changed[tokens]
    else:
        changed[tokens] = parse_id(config_id)
    return dataclasses.replace(case, candidate=changed)


def slower(case: Case, factor: float, scope: str = "two_gemm") -> Case:
    """A further recording of WINNER in which the candidate takes ``factor`` times the baseline."""
    cell_id, after = case.baseline[WINNER].cell_id, case.candidate[WINNER].id
    before = case.baseline[WINNER].config_id
    old = case.recordings[0]
    wanted = old.finals["config_id"].isin([before, after]) & (old.finals["cell_id"] == cell_id)
    finals = old.finals[wanted].copy()
    base = finals[finals["config_id"] == before].drop_duplicates("round").set_index("round")["us"]
    own = finals["config_id"] == after
    finals.loc[own, "us"] = finals.loc[own, "round"].map(base) * factor
    cells = old.cells.loc[[cell_id]].assign(scope=scope)
    more = dataclasses.replace(old, name="planted", cells=cells, finals=finals)
    return dataclasses.replace(case, recordings=[*case.recordings, more])


def marked(case: Case) -> Case:
    old = case.recordings[0]
    cells = old.cells.copy()
    cells.loc[case.baseline[WINNER].cell_id, "marks"] = "drifted"
    return dataclasses.replace(case, recordings=[dataclasses.replace(old, cells=cells)])


def with_trial(case: Case, **changed: object) -> Case:
    old = case.recordings[0]
    trials = old.trials.copy()
    own = (trials["cell_id"] == case.baseline[WINNER].cell_id) & (
        trials["config_id"] == case.candidate[WINNER].id
    )
    for name, value in changed.items():
        trials.loc[own, name] = value
    recording = dataclasses.replace(old, trials=trials[~own] if not changed else trials)
    return dataclasses.replace(case, recordings=[recording])


def with_space(case: Case, *, listed: bool) -> Case:
    own = case.space["config_id"] == case.candidate[WINNER].id
    space = case.space.assign(legal=~own, reason=own.map({True: "shared_memory", False: None}))
    return dataclasses.replace(case, space=space if listed else space[~own])


def as_committed(case: Case) -> Case:
    same = {tokens: parse_id(row.config_id) for tokens, row in case.baseline.items()}
    return dataclasses.replace(case, candidate=same)


def without_baseline(case: Case) -> Case:
    rest = {tokens: row for tokens, row in case.baseline.items() if tokens != 4096}
    return dataclasses.replace(case, baseline=rest)
