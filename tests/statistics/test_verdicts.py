"""Every replayed choice gets a verdict from the best evidence there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.files import InputError
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.recorded import RECORDED
from scripts.lib.schemas.statistics import VERDICTS
from scripts.lib.tables import read_table, write_table
from scripts.statistics import pairwise
from scripts.statistics.recorded import record
from scripts.statistics.verdicts import judge, main
from tests.statistics.planted_states import errors_of
from tests.statistics.study import CONFIGS, TOKENS, Study

CELL = "NVIDIA_H200/E8-N16-K32-top2-bf16/M1"
COMMITTED, PAIRED, SWEPT, FAILED = CONFIGS[:4]
CELLS = pd.DataFrame({"cell_id": [CELL], "committed_id": [COMMITTED], "error": [0.0]})


def trials(**changes: float) -> pd.DataFrame:
    """Three correct trials and a failed one; medians in us, anchored at 100 us."""
    medians = {COMMITTED: 100.0, PAIRED: 89.0, SWEPT: 95.0, FAILED: np.nan} | {
        CONFIGS[int(name[1:])]: value for name, value in changes.items()
    }
    frame = pd.DataFrame({"config_id": medians.keys(), "median_us": medians.values()})
    return frame.assign(
        cell_id=CELL,
        outcome=np.where(frame["median_us"].isna(), "runtime_error", "correct"),
        low_us=frame["median_us"] * 0.99,
        high_us=frame["median_us"] * 1.01,
        anchor_us=100.0,
    )


def finals() -> pd.DataFrame:
    """The committed config and one more as finalists; the other is 10% faster in pairs."""
    values = {0: (COMMITTED, 100.0), 1: (PAIRED, 90.0)}
    return pd.DataFrame(
        [
            {
                "cell_id": CELL,
                "config_id": config,
                "run_id": "r",
                "slot": slot,
                "round": number,
                "us": us,
            }
            for number in range(8)
            for slot, (config, us) in values.items()
        ]
    )


def replay(*choices: str | None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cell_id": CELL,
            "strategy": "S1",
            "source": "X",
            "seed": 0,
            "K": range(len(choices)),
            "choice": pd.Series(choices, dtype="str"),
        }
    )


def judged(
    frame: pd.DataFrame,
    tried: pd.DataFrame,
    complete: tuple[str, ...] = (CELL,),
    error: float = 0.0,
) -> pd.DataFrame:
    pairs, _ = pairwise.compare_finalists(finals(), CELLS, 0.01, 0.95)
    return judge(frame, tried, CELLS.assign(error=error), pairs, complete, 0.01)


def test_a_list_of_candidates_has_no_regret() -> None:
    """Its best is not the best there is; the verdict against the committed config stands."""
    row = judged(replay(SWEPT), trials(), complete=()).iloc[0]
    assert np.isnan(row["regret"])
    assert row["verdict"] == "win"


def test_pairs_decide_before_the_sweep() -> None:
    row = judged(replay(PAIRED), trials()).iloc[0]
    assert row["evidence"] == "paired"
    assert row["ratio"] == pytest.approx(0.9)  # not the sweep's 0.8
    assert row["verdict"] == "win"
    assert row["regret"] == 1.0


@pytest.mark.parametrize(
    ("error", "word"), [(0.05, "win"), (0.09, "win"), (0.1, "tie"), (np.nan, "tie")]
)
def test_what_identical_pairs_differ_by_widens_pairs_alone(error: float, word: str) -> None:
    row = judged(replay(PAIRED), trials(), error=error).iloc[0]
    # By plain numbers: every round says 0.9, and 0.9 * exp(0.09) is under 0.99.
    ends = [0.9 / np.exp(error), 0.9 * np.exp(error)]
    assert row[["low", "high"]].tolist() == pytest.approx(ends, nan_ok=True)
    assert (row["verdict"], row["ratio"]) == (word, pytest.approx(0.9))
    for choice in (COMMITTED, SWEPT):
        found = [judged(replay(choice), trials(), error=one).iloc[0] for one in (0.0, error)]
        assert found[0][["low", "high"]].tolist() == found[1][["low", "high"]].tolist()


def test_the_sweep_decides_where_no_pair_was_run() -> None:
    row = judged(replay(SWEPT), trials()).iloc[0]
    assert row["evidence"] == "sweep"
    assert row["ratio"] == pytest.approx(0.95)
    # Sweep and finals disagree on the other finalist (0.89 and 0.90), so the interval is wider.
    wider = np.quantile([1.0, 0.90 / 0.89], 0.95)
    assert row["low"] == pytest.approx(0.95 * 0.99 / wider)
    assert row["high"] == pytest.approx(0.95 * 1.01 * wider)
    assert row["verdict"] == "win"
    assert row["regret"] == pytest.approx(0.95 / 0.89)  # within the sweep's own scale


def test_a_sweep_that_the_finals_contradict_decides_nothing() -> None:
    assert judged(replay(SWEPT), trials(c1=60.0)).iloc[0]["verdict"] == "tie"


@pytest.mark.parametrize(("us", "word"), [(97.5, "tie"), (101.0, "tie"), (105.0, "loss")])
def test_intervals_of_the_sweep_that_reach_the_margin_are_ties(us: float, word: str) -> None:
    assert judged(replay(SWEPT), trials(c2=us)).iloc[0]["verdict"] == word


def test_drift_is_divided_out_by_the_anchor() -> None:
    tried = trials()
    late = tried["config_id"] == SWEPT
    tried.loc[late, ["median_us", "low_us", "high_us", "anchor_us"]] *= 1.2
    assert judged(replay(SWEPT), tried).iloc[0]["ratio"] == pytest.approx(0.95)


def test_the_committed_config_ties_with_itself_exactly() -> None:
    row = judged(replay(COMMITTED), trials()).iloc[0]
    assert (row["evidence"], row["ratio"], row["low"], row["high"]) == ("same", 1.0, 1.0, 1.0)
    assert row["verdict"] == "tie"
    assert row["regret"] == pytest.approx(100 / 90)


def test_no_choice_is_a_loss_without_a_ratio() -> None:
    row = judged(replay(None), trials()).iloc[0]
    assert (row["evidence"], row["verdict"]) == ("none", "loss")
    assert np.isnan(row["ratio"])
    assert np.isnan(row["regret"])
    assert not row[["within_2", "within_5", "within_10"]].any()


def test_an_unmeasured_committed_config_fails_closed() -> None:
    row = judged(replay(SWEPT), trials(c0=np.nan).assign(anchor_us=np.nan)).iloc[0]
    assert (row["evidence"], row["verdict"]) == ("none", "loss")


def test_without_anchors_the_committed_trial_is_the_reference() -> None:
    row = judged(replay(SWEPT), trials(c0=110.0).assign(anchor_us=np.nan)).iloc[0]
    assert row["ratio"] == pytest.approx(95 / 110)


@pytest.mark.parametrize(
    ("us", "within"),
    [(102.0, (1, 1, 1)), (103.0, (0, 1, 1)), (106.0, (0, 0, 1)), (111.0, (0, 0, 0))],
)
def test_within(us: float, within: tuple[int, int, int]) -> None:
    row = judged(replay(SWEPT), trials(c2=us)).iloc[0]
    assert tuple(row[["within_2", "within_5", "within_10"]].astype(int)) == within


def test_a_cell_that_was_never_measured_is_refused() -> None:
    with pytest.raises(InputError, match="never measured"):
        judge(replay(SWEPT).assign(cell_id="other"), trials(), CELLS, pd.DataFrame(), (), 0.01)


@settings(max_examples=25)
@given(st.lists(st.sampled_from([COMMITTED, PAIRED, SWEPT, FAILED, None]), min_size=1, max_size=9))
def test_nothing_is_dropped_and_regret_is_never_below_one(choices: list[str | None]) -> None:
    frame = replay(*choices)
    out = judged(frame, trials())
    assert list(out["K"]) == list(frame["K"])
    assert set(out["verdict"]) <= {"win", "tie", "loss"}
    assert (out["regret"].dropna() >= 1.0).all()
    assert (out["regret"].isna() == out["choice"].isin([FAILED, None])).all()


def test_verdicts_of_a_study_follow_its_true_latencies(drawn: Study, tmp_path: Path) -> None:
    paths = drawn.write(tmp_path)
    pairs, out = tmp_path / "pairs.parquet", tmp_path / "verdicts.parquet"
    shared = ["--cells", str(paths["cells"])]
    arguments = ["--finals", str(paths["finals"]), "--out", str(pairs)]
    assert pairwise.main([*shared, *arguments, "--out-aa", str(tmp_path / "aa.parquet")]) == 0
    recorded = tmp_path / "recorded.parquet"
    frames = [frame.assign(dataset=tmp_path.name) for frame in (drawn.trials, drawn.cells)]
    rows = record(*frames, drawn.space[drawn.space["legal"]])
    other = rows.assign(dataset="another", complete=True)
    rows.loc[0, "complete"] = False
    write_table(recorded, pd.concat([rows, other]), RECORDED)
    arguments = ["--replay", str(paths["replay"]), "--trials", str(paths["trials"])]
    arguments += ["--pairwise", str(pairs), "--recorded", str(recorded), "--out", str(out)]
    write_table(tmp_path / "rates.parquet", errors_of(TOKENS, 0.0, tmp_path.name), AA_RATES)
    arguments += ["--aa", str(tmp_path / "rates.parquet")]
    assert main([*shared, *arguments]) == 0
    verdicts = read_table(out, VERDICTS)
    assert set(verdicts.loc[verdicts["regret"].isna() & verdicts["choice"].notna(), "cell_id"]) == {
        rows.loc[0, "cell_id"]
    }
    assert len(verdicts) == len(drawn.replay)
    committed = drawn.cells.set_index("cell_id")["committed_id"]
    for row in verdicts[verdicts["choice"].notna()].itertuples():
        true = drawn.truth[row.cell_id, row.choice]
        reference = drawn.truth[row.cell_id, committed[row.cell_id]]
        assert row.ratio == pytest.approx(true / reference, rel=0.02)
