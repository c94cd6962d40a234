"""Planted searches on the GPU: rates of each class known, a cause for each that lost."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.judging.decision import LOSS, TIE, WIN
from scripts.lib.schemas.headline import Choice
from scripts.lib.schemas.live import ANY, LIVE, LIVE_LOSSES, LIVE_RATES, TOGETHER
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.space import SPACE
from scripts.lib.schemas.states import STATES, Power, Steadiness
from scripts.lib.tables import read_table, write_table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.held import Held
from scripts.statistics.live import judged_as, losses, main, rates
from tests.statistics.planted_live import (
    COMMITTED,
    DEVICE,
    WIDE,
    live,
    planted,
    searched,
    spaces,
)
from tests.statistics.planted_states import errors_of, nothing, states_of
from tests.statistics.test_searches import H100, LARGE, MI300X, OTHER, SMALL

PLAN = Plan(300, 0.95, 1)
# Of each class: win, tie, loss, within_2 and how many rows.
FOUND = {
    (TOGETHER, "all", ""): (1 / 4, 1 / 4, 1 / 2, 3 / 4, 4),
    (TOGETHER, "scheme", "bf16"): (1 / 2, 1 / 2, 0, 1, 2),
    (TOGETHER, "scheme", "fp8_w8a8"): (0, 0, 1, 1 / 2, 2),
    (TOGETHER, "regime", "M up to 32"): (1, 0, 0, 1, 1),
    (TOGETHER, "regime", "M 48 to 256"): (0, 0, 1, 1, 1),
    (TOGETHER, "regime", "M from 512"): (0, 1 / 2, 1 / 2, 1 / 2, 2),
    (ANY, "all", ""): (2 / 5, 1 / 5, 2 / 5, 4 / 5, 5),
    (ANY, "scheme", "bf16"): (1 / 3, 1 / 3, 1 / 3, 1, 3),
    (ANY, "scheme", "fp8_w8a8"): (1 / 2, 0, 1 / 2, 1 / 2, 2),
    (ANY, "regime", "M up to 32"): (1 / 2, 1 / 2, 0, 1, 2),
    (ANY, "regime", "M 48 to 256"): (0, 0, 1, 0, 1),
    (ANY, "regime", "M from 512"): (1 / 2, 0, 1 / 2, 1, 2),
    (H100, "all", ""): (2 / 3, 0, 1 / 3, 1, 3),
    (H100, "scheme", "bf16"): (1 / 2, 0, 1 / 2, 1, 2),
    (H100, "scheme", "fp8_w8a8"): (1, 0, 0, 1, 1),
    (MI300X, "all", ""): (0, 1 / 2, 1 / 2, 1 / 2, 2),
    (MI300X, "scheme", "bf16"): (0, 1, 0, 1, 1),
    (MI300X, "scheme", "fp8_w8a8"): (0, 0, 1, 0, 1),
}


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return rates(planted(), nothing(), PLAN, 0.01)


def of(found: pd.DataFrame, choice: str, source: str, group: str, which: str) -> pd.DataFrame:
    rows = found[(found["choice"] == choice) & (found["source"] == source)]
    rows = rows[(rows["group"] == group) & (rows["which"] == which)]
    return rows.set_index("metric")


def test_the_finals_and_what_came_before_them_have_columns_of_their_own() -> None:
    rows = live(searched(SMALL, ratio=1.2, final_low=1.1, final_high=1.3, word=WIN))
    columns = ["ratio", "low", "high", "verdict"]
    assert judged_as(Choice.HALVES, rows)[columns].iloc[0].tolist() == [1.2, 1.1, 1.3, WIN]
    assert judged_as(Choice.FASTEST, rows)[columns].iloc[0].tolist() == [1.5, 1.4, 1.6, LOSS]


def test_finals_of_their_own_judge_where_they_were_held() -> None:
    fresh = {"fresh_ratio": 1.4, "fresh_low": 1.3, "fresh_high": 1.5, "fresh_decision": LOSS}
    rows = live(
        searched(SMALL, word=WIN, ratio=0.9, committed_trial=1, **fresh),
        searched(LARGE, word=TIE, ratio=1.0),
    )
    found = judged_as(Choice.SEARCHED, rows)
    assert found["verdict"].tolist() == [LOSS, TIE]
    assert found["high"].tolist() == [1.5, 1.0]
    late = losses(rows, spaces((DEVICE, "bf16", COMMITTED)), nothing(), 0.01)
    assert late[["judged_ratio", "final_ratio"]].to_numpy().tolist() == [[1.4, 0.9]]


def test_what_is_shown_is_told_from_what_is_open() -> None:
    ends = [(0.8, 0.9), (0.995, 1.005), (0.98, 1.005), (0.995, 1.02), (1.02, 1.03)]
    words = [WIN, TIE, TIE, TIE, LOSS]
    cells = (SMALL, LARGE, OTHER, WIDE, SMALL.replace("M16", "M2"))
    rows = live(
        *(
            searched(cell, word=word, ratio=high, final_low=low, final_high=high)
            for cell, word, (low, high) in zip(cells, words, ends, strict=True)
        )
    )
    row = of(rates(rows, nothing(), PLAN, 0.01), Choice.HALVES, TOGETHER, "all", "")["value"]
    assert (row["non_inferior"], row["equal"], row["open"]) == (3 / 5, 1 / 5, 2 / 5)
    assert row[TIE] == pytest.approx(row["equal"] + row["open"])


def test_a_choice_is_judged_by_the_state_and_the_error_of_the_finals_that_judged_it() -> None:
    fresh = {"fresh_ratio": 0.98, "fresh_low": 0.975, "fresh_high": 0.985, "fresh_decision": WIN}
    rows = live(
        searched(SMALL, word=WIN, ratio=0.985, final_id="M16-N64-K64-G1-W4-S3"),
        searched(LARGE, word=WIN, ratio=0.9, **fresh),
        searched(WIDE, word=TIE, ratio=1.0, final_id=COMMITTED),
        searched(OTHER, word=LOSS, ratio=1.015),
    )
    states = [
        states_of(((name, Power.LIMITED, Steadiness.UNPROBED) for name in cells), dataset)
        for dataset, cells in (("study", (SMALL, LARGE, WIDE, OTHER)), ("rival", (LARGE,)))
    ]
    states.append(states_of([(LARGE, Power.FREE, Steadiness.STEADY)], "fresh"))
    tokens = [int(name.rpartition("M")[2]) for name in (SMALL, LARGE, WIDE, OTHER)]
    errors = [errors_of(tokens, 0.004, "fresh"), errors_of(tokens, 0.01, "study")]
    held = Held(pd.concat(states), pd.concat(errors), ["study"], ["fresh"])
    found = rates(rows, held, PLAN, 0.01)
    value = of(found, Choice.SEARCHED, TOGETHER, "all", "")["value"]
    # By plain numbers: 0.985 and 1.015 moved by 1% are ties, 0.985 moved by 0.4% is a win.
    assert (value[WIN], value[LOSS]) == (1 / 2, 1 / 4)
    assert (value["win_widened"], value["loss_widened"]) == (1 / 4, 0)
    assert value["non_inferior_widened"] == 3 / 4  # the committed config itself is not moved
    limited = of(found, Choice.SEARCHED, TOGETHER, "power", "power_limited")["n"]
    assert limited[WIN] == 3
    assert of(found, Choice.SEARCHED, TOGETHER, "power", "not_power_limited")["n"][WIN] == 1
    late = losses(rows, spaces((DEVICE, "fp8_w8a8", COMMITTED)), held, 0.01)
    assert late[["cell_id", "widened"]].to_numpy().tolist() == [[OTHER, TIE]]
    halves = of(found, Choice.HALVES, TOGETHER, "all", "")["value"]
    assert halves["win_widened"] == 1 / 4  # by the study's own error and rounds


@pytest.mark.parametrize("key", FOUND, ids=" ".join)
def test_each_class_of_planted_searches(found: pd.DataFrame, key: tuple[str, str, str]) -> None:
    rows = of(found, Choice.SEARCHED, *key)
    *expected, count = FOUND[key]
    assert rows.loc[[WIN, TIE, LOSS, "within_2"], "value"].tolist() == pytest.approx(expected)
    assert set(rows.loc[[WIN, TIE, LOSS, "within_2"], "n"]) == {count}


def test_there_are_no_other_classes(found: pd.DataFrame) -> None:
    some = found[found["choice"] == Choice.SEARCHED]
    keys = some[["source", "group", "which"]].drop_duplicates()
    assert set(keys.itertuples(index=False, name=None)) == set(FOUND)


def test_the_fastest_trials_have_no_classes(found: pd.DataFrame) -> None:
    fastest = found[found["choice"] == Choice.FASTEST]
    assert set(fastest["group"]) == {"all"}
    assert set(fastest["source"]) == {TOGETHER, ANY, H100, MI300X}
    assert set(fastest.loc[fastest["metric"] == LOSS, "value"]) == {1.0}


def test_rates_of_0_and_1_have_an_exact_interval(found: pd.DataFrame) -> None:
    rows = of(found, Choice.FASTEST, TOGETHER, "all", "")
    edge = 0.025 ** (1 / 4)
    assert rows.loc[LOSS, ["low", "high", "ci_by"]].tolist() == [
        pytest.approx(edge), 1.0, "exact",
    ]  # fmt: skip
    assert rows.loc[WIN, ["low", "high", "ci_by"]].tolist() == [
        0.0, pytest.approx(1 - edge), "exact",
    ]  # fmt: skip


def test_a_search_that_was_not_judged_counts_in_no_rate() -> None:
    rows = [searched(SMALL, word=WIN, ratio=0.9), searched(LARGE, word=None, ratio=None)]
    row = of(rates(live(*rows), nothing(), PLAN, 0.01), Choice.SEARCHED, TOGETHER, "all", "").loc[
        WIN
    ]
    assert (row["n"], row["value"]) == (1, 1)


@pytest.mark.parametrize(
    ("committed_trial", "legal", "cause"),
    [
        (None, False, "illegal"),
        (3, False, "illegal"),
        (None, True, "not_tried"),
        (3, True, "noise"),
    ],
)
def test_the_nearest_cause_is_the_first_that_holds(
    committed_trial: int | None, legal: bool, cause: str
) -> None:
    key = (DEVICE, "bf16", COMMITTED)
    known = spaces(key) if legal else spaces(refused=key)
    late = losses(live(searched(SMALL, committed_trial=committed_trial)), known, nothing(), 0.01)
    assert late["cause"].tolist() == [cause]


@pytest.mark.parametrize("key", [(DEVICE, "fp8_w8a8", COMMITTED), (H100, "bf16", COMMITTED)])
def test_legal_elsewhere_is_not_legal_here(key: tuple[str, str, str]) -> None:
    known = spaces(key, refused=(DEVICE, "bf16", COMMITTED))
    late = losses(live(searched(SMALL, committed_trial=1)), known, nothing(), 0.01)
    assert late["cause"].tolist() == ["illegal"]


def test_what_no_search_tries_is_not_called_illegal() -> None:
    known = spaces((DEVICE, "bf16", "M16-N64-K64-G1-W4-S2"))
    late = losses(live(searched(SMALL, committed_trial=1)), known, nothing(), 0.01)
    assert late["cause"].tolist() == ["outside_space"]


@pytest.mark.parametrize("key", [(DEVICE, "fp8_w8a8", COMMITTED), (H100, "bf16", COMMITTED)])
def test_a_space_that_was_not_given_is_no_cause(key: tuple[str, str, str]) -> None:
    with pytest.raises(InputError, match=f"none of bf16 on {DEVICE}"):
        losses(live(searched(SMALL)), spaces(key), nothing(), 0.01)


def test_the_furthest_behind_stands_first() -> None:
    rows = [
        searched(SMALL, ratio=1.02),
        searched(LARGE, MI300X, ratio=1.3),
        searched(LARGE, H100, ratio=1.3),
        searched(OTHER, ratio=1.2),
    ]
    known = spaces((DEVICE, "bf16", COMMITTED), (DEVICE, "fp8_w8a8", COMMITTED))
    late = losses(live(*rows), known, nothing(), 0.01)
    assert late["judged_ratio"].tolist() == [1.3, 1.3, 1.2, 1.02]
    assert late["source"].tolist()[:2] == [MI300X, H100]


def test_only_what_the_finals_lost_is_a_loss() -> None:
    rows = [searched(SMALL, word=word, ratio=1.0) for word in (WIN, TIE, None)]
    late = losses(live(*rows), spaces((DEVICE, "bf16", COMMITTED)), nothing(), 0.01)
    assert late.empty
    assert list(late.columns) == LIVE_LOSSES.names


def run(folder: Path, rows: pd.DataFrame, *more: str) -> int:
    """Both tables as rates.parquet and losses.parquet of the folder, from two spaces."""
    write_table(folder / "live.parquet", rows, LIVE)
    words = ["--live", str(folder / "live.parquet"), "--space"]
    for scheme in ("bf16", "fp8_w8a8"):
        path = folder / f"space/{scheme}.parquet"
        write_table(path, spaces((DEVICE, scheme, COMMITTED)), SPACE)
        words.append(str(path))
    for name, frame, table in (
        ("states", nothing().states, STATES),
        ("aa", nothing().rates, AA_RATES),
    ):
        write_table(folder / f"{name}.parquet", frame, table)
        words += [f"--{name}", str(folder / f"{name}.parquet")]
    words += ["--out-rates", str(folder / "rates.parquet"), "--resamples", "300"]
    return main([*words, "--out-losses", str(folder / "losses.parquet"), *more])


def test_main_writes_both_tables_of_every_number_format(tmp_path: Path) -> None:
    assert run(tmp_path, planted()) == 0
    assert len(read_table(tmp_path / "rates.parquet", LIVE_RATES)) > 10 * len(FOUND)
    late = read_table(tmp_path / "losses.parquet", LIVE_LOSSES)
    assert late["judged_ratio"].tolist() == [1.3, 1.1, 1.019, 1.015]
    assert set(late["cause"]) == {"not_tried"}


def test_main_writes_a_table_without_losses(tmp_path: Path) -> None:
    assert run(tmp_path, live(searched(SMALL, word=WIN, ratio=0.9))) == 0
    assert read_table(tmp_path / "losses.parquet", LIVE_LOSSES).empty


@pytest.mark.parametrize("name", ["rates", "losses"])
def test_the_order_of_rows_changes_no_byte(tmp_path: Path, name: str) -> None:
    bodies = set()
    for seed in (0, 1, 2):
        assert run(tmp_path, planted().sample(frac=1, random_state=seed)) == 0
        bodies.add((tmp_path / f"{name}.parquet").read_bytes())
    assert len(bodies) == 1


@pytest.mark.parametrize("option", ["--live", "--space"])
def test_a_missing_table_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    absent = tmp_path / "absent.parquet"
    assert run(tmp_path, planted(), option, str(absent)) == 2
    assert f"error: {absent}: not found" in capsys.readouterr().err
    assert not (tmp_path / "rates.parquet").exists()
    assert not (tmp_path / "losses.parquet").exists()
