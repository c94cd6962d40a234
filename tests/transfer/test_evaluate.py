"""The whole replay on an invented dataset: complete, repeatable, and clear about bad input."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.config import parse_id
from scripts.lib.schemas.search import BUDGETS, RIVALS, SEARCH_CHOICES, SEARCHES
from scripts.lib.schemas.sim import SIM_HELD_OUT
from scripts.lib.schemas.transfer import REPLAY
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.transfer.evaluate import CHOSEN, REPLAYED, main
from scripts.transfer.recording import read_recordings
from tests.transfer.recorded import AMD, CELLS_OF_THREE, SOURCE, write_recorded
from tests.transfer.study import CONFIGS, latency

KEY = ["cell_id", "strategy", "source", "seed"]


def words(files: dict[str, list[str]], out: Path, **more: str) -> list[str]:
    given = {"seeds": "2", "margin": "0.01", "seed": "1", "processes": "1"} | more
    named = [word for name, values in files.items() for word in (f"--{name}", *values)]
    return [*named, *(word for name, value in given.items() for word in (f"--{name}", value)),
            "--out", str(out), "--out-choices", str(beside(out, "choices")),
            "--out-replay", str(beside(out, "replay"))]  # fmt: skip


def beside(out: Path, name: str) -> Path:
    return out.with_name(f"{name}-{out.name}")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return write_recorded(tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module")
def searches(files: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("one") / "searches.parquet"
    assert main(words(files, out)) == 0
    return out


def test_every_strategy_runs_on_every_cell_once_for_each_source_and_seed(searches: Path) -> None:
    frame = read_table(searches, SEARCHES)
    assert not frame.duplicated(KEY).any()
    for name, rows in frame.groupby("strategy"):
        assert rows["cell_id"].nunique() == len(CELLS_OF_THREE), name
    with_source = frame[frame["strategy"].isin(["S1", "S2", "S3", "S4", "S1-S8"])]
    assert set(with_source["source"]) == {SOURCE, AMD}
    assert frame[frame["strategy"] == "random"].groupby("cell_id").size().eq(2).all()


def test_what_holds_of_any_run(searches: Path) -> None:
    frame = read_table(searches, SEARCHES)
    regret = frame[[f"regret_{k}" for k in BUDGETS]].to_numpy(dtype=float)
    assert not (np.diff(regret, axis=1) > 0).any()
    assert np.nanmin(regret) == 1.0
    whole = frame[frame["strategy"] == "exhaustive"]
    assert (whole["regret_64"] == 1.0).all()
    assert (frame["trials"] <= BUDGETS[-1]).all()
    arrived = frame["trials_to_2pct"].notna()
    assert (frame.loc[arrived, "trials_to_2pct"] <= frame.loc[arrived, "trials"]).all()


def test_the_same_bytes_again_with_more_processes(
    files: dict[str, list[str]], searches: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.parquet"
    assert main(words(files, again, processes="2")) == 0
    assert again.read_bytes() == searches.read_bytes()
    for name in ("choices", "replay"):
        assert beside(again, name).read_bytes() == beside(searches, name).read_bytes()


def test_the_choice_of_every_run_of_s1_s8_stands_beside_the_best(searches: Path) -> None:
    chosen = read_table(beside(searches, "choices"), SEARCH_CHOICES)
    frame = read_table(searches, SEARCHES)
    runs = frame[frame["strategy"].isin(CHOSEN)]
    assert set(runs["strategy"]) == set(CHOSEN)
    both = chosen.merge(runs, on=["cell_id", "strategy", "source"], suffixes=("", "_run"))
    assert len(both) == len(chosen) == len(runs)
    assert (both["regret"] == both["regret_128"]).all()
    assert ((both["chosen_id"] == both["best_id"]) <= (both["regret"] == 1.0)).all()
    assert both["low"].isna().all()  # no cell of the study has a committed config


def test_what_stands_after_each_budget_is_replayed(searches: Path) -> None:
    frame, replay = read_table(searches, SEARCHES), read_table(beside(searches, "replay"), REPLAY)
    cells = [cell.id for cell in sorted(CELLS_OF_THREE)]
    assert replay["cell_id"].drop_duplicates().tolist() == cells
    assert not replay.duplicated([*KEY, "K"]).any()
    runs = frame[frame["strategy"].isin(REPLAYED)].set_index(KEY)
    whole = replay["strategy"] == "exhaustive"
    for row in replay[~whole].itertuples(index=False):
        run = runs.loc[tuple(getattr(row, name) for name in KEY)]
        cell = parse_cell(row.cell_id)
        us = np.nan if pd.isna(row.choice) else latency(cell, parse_id(row.choice))
        least = min(latency(cell, config) for config in CONFIGS)
        assert run[f"regret_{row.K}"] == pytest.approx(us / least, nan_ok=True)
        assert run[f"seconds_{row.K}"] == row.gpu_seconds
        assert row.trials == min(row.K, run["trials"])
    assert len(replay[~whole]) == len(BUDGETS) * (len(runs) - len(cells))


def test_an_exhaustive_search_is_replayed_to_its_end(searches: Path) -> None:
    replay = read_table(beside(searches, "replay"), REPLAY)
    whole = replay[replay["strategy"] == "exhaustive"]
    assert whole["cell_id"].tolist() == [cell.id for cell in sorted(CELLS_OF_THREE)]
    assert set(whole["K"]) == set(whole["trials"]) == {len(CONFIGS)}
    assert set(whole["gpu_seconds"]) == {len(CONFIGS) * 0.25}
    for row in whole.itertuples(index=False):
        cell = parse_cell(row.cell_id)
        assert row.choice == min(CONFIGS, key=lambda config: latency(cell, config)).id


def with_digests(files: dict[str, list[str]], runs: pd.DataFrame) -> pd.DataFrame:
    names = ("trials", "cells", "spaces")
    recordings = read_recordings(*([Path(path) for path in files[name]] for name in names))
    digests = {one.cell.id: one.digest for one in recordings}
    return runs.assign(trials_sha256=runs["cell_id"].map(digests))


def test_runs_of_others_stand_beside_their_own(
    files: dict[str, list[str]], searches: Path, tmp_path: Path
) -> None:
    own = read_table(searches, SEARCHES)
    other = own[own["strategy"] == "random"].assign(strategy="another tool")
    write_table(tmp_path / "rivals.parquet", with_digests(files, other), RIVALS)
    out = tmp_path / "searches.parquet"
    assert main(words({**files, "rivals": [str(tmp_path / "rivals.parquet")]}, out)) == 0
    both = read_table(out, SEARCHES)
    pd.testing.assert_frame_equal(
        both[both["strategy"] == "another tool"].reset_index(drop=True),
        other.reset_index(drop=True),
    )
    assert len(both) == len(own) + len(other)


@pytest.mark.parametrize(("name", "value"), [("seeds", "-1"), ("processes", "0"), ("margin", "-1")])
def test_a_number_that_means_nothing_is_refused(
    files: dict[str, list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
) -> None:
    out = tmp_path / "out.parquet"
    assert main(words(files, out, **{name: value})) == 2
    assert f"--{name} is {value}" in capsys.readouterr().err
    assert not out.exists()


def test_rivals_of_other_trials_are_refused(
    files: dict[str, list[str]], searches: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = read_table(searches, SEARCHES)
    other = own[own["strategy"] == "random"].assign(trials_sha256="0" * 64)
    write_table(tmp_path / "rivals.parquet", other, RIVALS)
    given = {**files, "rivals": [str(tmp_path / "rivals.parquet")]}
    assert main(words(given, tmp_path / "out.parquet")) == 2
    assert "made on other trials" in capsys.readouterr().err


def test_a_config_without_a_prediction_is_refused(
    files: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = read_table(Path(files["predictions"][0]), SIM_HELD_OUT)
    path = tmp_path / "predictions.parquet"
    write_table(path, frame[frame["config_id"] != CONFIGS[3].id], SIM_HELD_OUT)
    given = {**files, "predictions": [str(path)]}
    assert main(words(given, tmp_path / "out.parquet")) == 2
    assert f"{CONFIGS[3].id}: not predicted" in capsys.readouterr().err
