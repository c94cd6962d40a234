"""No cell of the corpus is without a row, and each says why it was not measured."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.corpus.models import read_models
from scripts.corpus.shapes import make_shapes
from scripts.lib.files import InputError
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.schemas.history import HISTORY, Reason
from scripts.lib.schemas.recorded import COVERAGE, RECORDED
from scripts.lib.shape import BATCH_LADDER, parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.statistics import coverage
from scripts.statistics.coverage import MEASURED, corpus_cells, cover

ROOT = Path(__file__).parents[2]
HISTORY_FILE = ROOT / "data/recorded/history.parquet"
DEVICE = "NVIDIA_H200"


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    return read_table(HISTORY_FILE, HISTORY)


@pytest.fixture(scope="module")
def shapes(history: pd.DataFrame) -> pd.DataFrame:
    return make_shapes(history, read_models(ROOT / "data/models.yaml"))


def recorded(cell_id: str, dataset: str = "one", **values: object) -> dict[str, object]:
    """A row of RECORDED: ten configs tried, all correct, unless ``values`` say otherwise."""
    cell = parse_cell(cell_id)
    whole = dict.fromkeys(RECORDED.names, 0) | {"reason": None, "throttled": False, "marks": ""}
    return whole | {
        "dataset": dataset,
        "cell_id": cell_id,
        "device": cell.device,
        "shape_id": cell.shape.id,
        "scheme": cell.shape.scheme,
        "tokens": cell.tokens,
        "trials": 10,
        "correct": 10,
        "complete": True,
        "committed": True,
        **values,
    }


def table(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=RECORDED.names)


def test_every_committed_cell_of_the_h200_has_a_row(
    shapes: pd.DataFrame, history: pd.DataFrame, tmp_path: Path
) -> None:
    cells = corpus_cells(history, shapes, DEVICE)["cell_id"]
    found = [recorded(cells[0]), recorded(cells[1]), recorded(cells[1], "two")]
    paths = {name: tmp_path / f"{name}.parquet" for name in ("shapes", "recorded", "out")}
    write_table(paths["shapes"], shapes, SHAPES)
    write_table(paths["recorded"], table(*found), RECORDED)
    options = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    arguments = ["--history", str(HISTORY_FILE), "--device", DEVICE, *options]
    assert coverage.main(arguments) == 0
    rows = read_table(paths["out"], COVERAGE)
    committed = history[(history["device"] == DEVICE) & history["batch"].isin(BATCH_LADDER)]
    assert rows["cell_id"].nunique() == len(committed) == 51 * 18
    assert set(zip(rows["file"], rows["tokens"], strict=True)) == set(
        zip(committed["file"], committed["batch"].astype(int), strict=True)
    )
    assert len(rows) == 51 * 18 + 1  # one cell is in two datasets
    assert (rows["status"] == MEASURED).sum() == 3
    assert (rows["reason"] == NotMeasured.NOT_RECORDED).sum() == 51 * 18 - 2
    assert (rows["reason"].isna() == (rows["status"] == MEASURED)).all()


def test_a_cell_of_which_nothing_ran_keeps_its_reason(
    shapes: pd.DataFrame, history: pd.DataFrame
) -> None:
    corpus = corpus_cells(history, shapes, DEVICE)
    refused = recorded(
        corpus["cell_id"][0],
        correct=0,
        not_measured=10,
        reason="out_of_memory",
        complete=False,
        committed=False,
    )
    rows = cover(corpus, table(refused)).set_index("cell_id")
    row = rows.loc[corpus["cell_id"][0]]
    assert (row["status"], row["reason"]) == (Outcome.NOT_MEASURED, "out_of_memory")
    assert (row["trials"], row["complete"], row["dataset"]) == (0, False, "one")


def test_cells_beside_the_corpus_are_not_counted(
    shapes: pd.DataFrame, history: pd.DataFrame
) -> None:
    other = recorded(f"{DEVICE}/E3-N64-K64-top1-bf16/M5")
    corpus = corpus_cells(history, shapes, DEVICE)
    assert len(cover(corpus, table(other))) == len(corpus)


def test_another_kernels_parameters_are_the_reason(
    shapes: pd.DataFrame, history: pd.DataFrame
) -> None:
    rows = history[history["reason"] == Reason.FOREIGN_KERNEL]
    device = str(rows["device"].iloc[0])
    foreign = cover(corpus_cells(history, shapes, device), table())
    files = foreign.loc[foreign["reason"] == NotMeasured.FOREIGN_KERNEL, "file"]
    expected = rows.loc[(rows["device"] == device) & rows["batch"].isin(BATCH_LADDER), "file"]
    assert set(files) <= set(history.loc[history["backend"] != "", "file"]) | set(expected)
    assert len(files)


def test_an_unknown_device_is_an_error(shapes: pd.DataFrame, history: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"unknown device 'NVIDIA_H2000'; nearest: NVIDIA_H200"):
        corpus_cells(history, shapes, "NVIDIA_H2000")


def test_shapes_of_another_history_are_an_error(
    shapes: pd.DataFrame, history: pd.DataFrame
) -> None:
    with pytest.raises(InputError, match="build the corpus again"):
        corpus_cells(history, shapes.iloc[:5], DEVICE)
