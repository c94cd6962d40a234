"""Committed rows as choices: which are legal, why the others are not, which are asked for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.catalogue.chosen import chosen_rows
from scripts.lib.files import InputError
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.schemas.foreseen import CHOSEN_ROWS, OUTSIDE
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.space import Rejection
from scripts.lib.tables import read_table, to_arrow

H100, A100 = "NVIDIA_H100_80GB_HBM3", "NVIDIA_A100-SXM4-80GB"
PAIR = (H100, "bf16")


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    return read_table(Path("data/recorded/history.parquet"), HISTORY)


@pytest.fixture(scope="module")
def layers(history: pd.DataFrame) -> pd.DataFrame:
    """A layer for each (E, N, scheme), K and top_k invented."""
    known = history.dropna(subset=["E", "N", "scheme"]).drop_duplicates(["E", "N", "scheme"])
    rows = [
        {"E": int(one.E), "N": int(one.N), "scheme": one.scheme,
         "shape_id": f"E{one.E:.0f}-N{one.N:.0f}-K4096-top1-{one.scheme}"}
        for one in known.itertuples()
    ]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=SHAPES.names)


def space_of(
    history: pd.DataFrame, *, without: str = "", reason: str | None = None
) -> pd.DataFrame:
    """Of the GPU's committed configs, all legal but one, which is not there or has a reason."""
    own = history[(history["device"] == H100) & (history["scheme"] == "bf16")]
    ids = sorted(set(own["config_id"].dropna()))
    rows = pd.DataFrame({"config_id": ids, "legal": True, "reason": None})
    rows.loc[rows["config_id"] == without, ["legal", "reason"]] = [False, reason]
    return rows if reason else rows[rows["config_id"] != without]


def test_every_usable_row_of_a_known_space_is_there(
    history: pd.DataFrame, layers: pd.DataFrame
) -> None:
    found = chosen_rows(history, layers, {PAIR: space_of(history)}, 2, ())
    to_arrow(found, CHOSEN_ROWS)
    wanted = history[(history["device"] == H100) & (history["scheme"] == "bf16")]
    wanted = wanted[(wanted["status"] == "config") & wanted["reachable"].astype(bool)]
    assert sorted(zip(found["file"], found["tokens"], strict=True)) == sorted(
        zip(wanted["file"], wanted["batch"].astype(int), strict=True)
    )
    assert found["reason"].isna().all()
    assert set(found["cell_id"].str.partition("/")[0]) == {H100}


@pytest.mark.parametrize(
    ("reason", "said"), [(None, OUTSIDE), (str(Rejection.SCALE_BLOCK), "scale_block")]
)
def test_a_config_that_is_not_legal_has_its_reason_and_is_not_asked_for(
    history: pd.DataFrame, layers: pd.DataFrame, reason: str | None, said: str
) -> None:
    common = "M16-N128-K64-G1-W4-S4"
    space = space_of(history, without=common, reason=reason)
    found = chosen_rows(history, layers, {PAIR: space}, 100, ())
    gone = found["config_id"] == common
    assert gone.any()
    assert set(found.loc[gone, "reason"]) == {said}
    assert found.loc[~gone, "reason"].isna().all()
    assert (found["asked"] == ~gone).all()


def test_a_few_rows_of_each_file_are_asked_for_spread_over_its_batches(
    history: pd.DataFrame, layers: pd.DataFrame
) -> None:
    found = chosen_rows(history, layers, {PAIR: space_of(history)}, 3, ())
    by_file = found.groupby("file")["asked"]
    assert (by_file.sum() == by_file.size().clip(upper=3)).all()
    # All batch sizes are asked for in one file or another.
    ladder = found[found.groupby("file")["tokens"].transform("size") == 18]
    assert set(ladder.loc[ladder["asked"], "tokens"]) == set(ladder["tokens"])
    for _, own in ladder.groupby("file"):
        places = own["asked"].to_numpy().nonzero()[0]
        assert (places[1:] - places[:-1]).tolist() == [6, 6]


def test_rows_of_measured_cells_come_first_where_there_are_enough(
    history: pd.DataFrame, layers: pd.DataFrame
) -> None:
    every = chosen_rows(history, layers, {PAIR: space_of(history)}, 2, ())
    cells = every["cell_id"].str.partition("/")[2]
    file = every["file"].iloc[0]
    own = cells[every["file"] == file].tolist()
    found = chosen_rows(history, layers, {PAIR: space_of(history)}, 2, own[3:6])
    mine = found["file"] == file
    asked = cells[mine & found["asked"]]
    assert len(asked) == 2 and set(asked) <= set(own[3:6])
    assert found.loc[~mine, "asked"].equals(every.loc[~mine, "asked"])


def test_what_fits_nothing_is_refused(history: pd.DataFrame, layers: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="--spaces"):
        chosen_rows(history, layers, {(A100, "mxfp4_w4a4"): space_of(history)}, 2, ())
    with pytest.raises(InputError, match="--shapes: no layer"):
        chosen_rows(history, layers.iloc[:1], {PAIR: space_of(history)}, 2, ())
