"""G2: statuses add up to the corpus; nothing is dropped between the history and the results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from scripts.claims.guardrail import Guardrail, made
from scripts.claims.guardrail import recorded as recorded_file
from scripts.claims.inputs import Dataset, records
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.schemas.corpus import SHAPE_KEY
from scripts.lib.schemas.history import Reason, Status
from scripts.lib.shape import BATCH_LADDER

RULE = "statuses add up to the corpus: history, triples, cells, trials; no silent drop"
_AGAIN = "make the table again by its command"
_SHAPE = [*SHAPE_KEY, "scheme", "batch"]


def judge_census(
    paths: dict[str, Path],
    history: pd.DataFrame,
    triples: pd.DataFrame,
    coverage: pd.DataFrame,
    recorded: pd.DataFrame,
    datasets: Sequence[Dataset],
    devices: Sequence[str],
) -> Guardrail:
    """G2. ``paths``: of history, triples, coverage and recorded. ``devices``: the measured GPUs."""
    said = history[history["device"].notna() & history["batch"].notna()]
    said = said[said["reason"] != Reason.DUPLICATE_KEY]
    findings = [
        *_of_history(paths["history"], history),
        *_of_triples(paths["triples"], said, triples),
        *_of_cells(paths["coverage"], said[said["device"].isin(devices)], coverage),
        *_of_trials(paths["recorded"], recorded, datasets),
    ]
    counts = history["status"].value_counts()
    cells = coverage.drop_duplicates("cell_id").groupby("device")["status"]
    trials = sum(len(dataset.trials) for dataset in datasets)
    evidence = [
        recorded_file(
            paths["history"],
            f"{len(history):,} rows = {_sum(counts)}; each rejected one has a reason",
        ),
        made(
            paths["triples"],
            f"{len(triples):,} triples, for every entry as many as other GPUs have of its kind",
        ),
        *(
            made(paths["coverage"], f"{len(found):,} cells of {device} = {_sum(counted)}")
            for device, found in cells
            for counted in [found.value_counts()]
        ),
        made(
            paths["recorded"],
            f"{trials:,} trials of {len(datasets)} datasets, each counted under its outcome",
        ),
    ]
    return Guardrail("G2", RULE, evidence, findings)


def _sum(counts: pd.Series) -> str:
    return " + ".join(f"{count:,} {name}" for name, count in counts.items())


def _of_history(path: Path, history: pd.DataFrame) -> Iterator[str]:
    rejected = history["status"] == Status.REJECTED
    known = history["reason"].isin(set(Reason)) & history["config_id"].isna()
    config = (history["status"] == Status.CONFIG) & history["config_id"].notna()
    for row in records(history[~config & ~(rejected & known)]):
        yield (
            f"{path}: {row.file}, batch {row.batch}: status {row.status}, reason {row.reason}, "
            "neither a config nor rejected with a reason of the list; mine the history again"
        )


def _of_triples(path: Path, said: pd.DataFrame, triples: pd.DataFrame) -> Iterator[str]:
    """Each entry is the target of one triple for every other GPU's entry of its shape and batch."""
    everyone = said.groupby(_SHAPE)["file"].transform("size")
    own = said.groupby([*_SHAPE, "device"])["file"].transform("size")
    expected = (everyone - own).groupby([said["file"], said["batch"].astype(int)]).sum()
    expected = expected[expected > 0]
    found = triples.groupby(["target_file", "batch"]).size()
    both = pd.DataFrame({"expected": expected, "found": found}).fillna(0).astype(int)
    both = both.rename_axis(["file", "batch"]).reset_index()
    for row in records(both[both["expected"] != both["found"]]):
        yield (
            f"{path}: {row.file}, batch {row.batch}: target of {row.found} triples, the history "
            f"gives {row.expected}; {_AGAIN}"
        )


def _of_cells(path: Path, said: pd.DataFrame, coverage: pd.DataFrame) -> Iterator[str]:
    """Each entry on the ladder has a cell, which is measured or says why not."""
    ladder = said[said["batch"].isin(BATCH_LADDER)].sort_values("file")
    ladder = ladder.drop_duplicates([*_SHAPE, "device"])
    expected = set(zip(ladder["file"], ladder["batch"].astype(int), strict=True))
    found = set(zip(coverage["file"], coverage["tokens"], strict=True))
    for file, batch in sorted(expected - found):
        yield f"{path}: {file}, batch {batch}: has no row; {_AGAIN}"
    for file, batch in sorted(found - expected):
        yield f"{path}: {file}, batch {batch}: is not in the history; {_AGAIN}"
    measured = (coverage["status"] == "measured") & (coverage["trials"] > 0)
    excused = (coverage["status"] == Outcome.NOT_MEASURED) & coverage["reason"].isin(
        set(NotMeasured)
    )
    for row in records(coverage[~measured & ~excused]):
        yield (
            f"{path}: {row.cell_id}: status {row.status} with {row.trials} trials and reason "
            f"{row.reason}: neither measured nor excused; {_AGAIN}"
        )


def _of_trials(path: Path, recorded: pd.DataFrame, datasets: Sequence[Dataset]) -> Iterator[str]:
    """The trials of each cell are all counted, each under its outcome."""
    names = [str(name) for name in Outcome]
    for dataset in datasets:
        rows = recorded[recorded["dataset"] == dataset.name].set_index("cell_id")[names]
        counts = pd.crosstab(dataset.trials["cell_id"], dataset.trials["outcome"])
        for name in sorted(set(counts.columns) - set(names)):
            yield f"{dataset.folder}/trials.parquet: outcome {name} is none of the list; {_AGAIN}"
        counts = counts.reindex(columns=names, fill_value=0)
        every = rows.index.union(counts.index)
        wrong = (rows.reindex(every, fill_value=0) != counts.reindex(every, fill_value=0)).any(
            axis=1
        )
        for cell_id in every[wrong]:
            yield f"{path}: {dataset.name}, {cell_id}: outcomes are not its trials'; {_AGAIN}"
