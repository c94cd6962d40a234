"""Hand-made ledgers: halves of the finals hold both directions, what cannot be judged is empty."""

from __future__ import annotations

import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.measured import FINALS
from scripts.lib.tables import write_table
from scripts.transfer.committed_files import read_history
from scripts.tune.live import _fresh_ratio, live_rows, read_finals
from tests.tune.conftest import DATA, DEVICE, LAYER

CELL = f"{DEVICE}/{LAYER}/M64"
H100 = "NVIDIA_H100_80GB_HBM3"
COMMITTED = "M64-N128-K64-G64-W4-S4"
A, B = "M16-N64-K64-G1-W4-S3", "M32-N64-K64-G1-W4-S3"
RATIOS = ["ratio", "low", "high", "decision"]
FINAL = [f"final_{name}" for name in RATIOS]


@pytest.fixture(scope="module")
def history():
    return read_history(DATA / "history.parquet")


def attempt(config, us, seconds=0.25):
    body = {"kind": "attempt", "cell_id": CELL, "config_id": config, "gpu_seconds": seconds}
    if us is None:
        return body | {"outcome": "mismatch", "reason": "invented"}
    return body | {"outcome": "correct", "median_us": us, "low_us": us, "high_us": us}


def search(*config_ids, source="", cell=CELL):
    body = {"kind": "search", "cell_id": cell, "source": source, "budget": 128}
    return body | {"config_ids": list(config_ids), "ended": "margin"}


def finals(**us):
    """Samples by config, a value for each round; the committed config takes 10 us."""
    by_config = {{"A": A, "B": B}[name]: values for name, values in us.items()}
    rounds = len(next(iter(us.values())))
    slots = {COMMITTED: [10.0] * rounds, **by_config}
    rows = [list(row) for row in zip(*slots.values(), strict=True)]
    return {"kind": "finals", "cell_id": CELL, "slots": list(slots), "us": rows}


def cell(marks=()):
    return {"kind": "cell", "cell_id": CELL, "committed_id": COMMITTED, "marks": list(marks)}


def row_of(history, *bodies):
    (row,) = live_rows(bodies, history, 0.01)
    assert set(row) == set(LIVE.names)
    return row


def values(row, names):
    return [row[name] for name in names]


def test_what_is_faster_in_one_direction_alone_is_judged_in_both(history):
    held = finals(A=[6.0, 12.0] * 6)
    row = row_of(history, attempt(A, 6.0), search(A), held, cell())
    assert row["final_id"] == A
    assert values(row, FINAL) == [pytest.approx(0.9), 0.6, 1.2, "tie"]


def test_what_is_faster_in_one_direction_alone_is_not_chosen_for_it(history):
    for one_way in ([6.0, 15.0], [15.0, 6.0]):
        held = finals(A=one_way * 6, B=[9.5] * 12)
        row = row_of(history, attempt(A, 6.0), attempt(B, 9.5), search(A, B), held, cell())
        assert (row["choice_id"], row["final_id"]) == (A, B)
        assert values(row, FINAL) == [0.95, 0.95, 0.95, "win"]


def test_the_larger_half_of_ten_rounds_judges(history):
    # B is fastest in rounds 2, 3, 6 and 7; each of the others can be told by its ratio.
    held = finals(A=[8.0] * 10, B=[10.0, 10.1, 5, 5, 10.4, 10.5, 5, 5, 10.8, 10.9])
    row = row_of(history, attempt(A, 8.0), attempt(B, 9.0), search(A, B), held, cell())
    assert row["final_id"] == B
    assert values(row, FINAL) == [pytest.approx(1.045), 1.0, 1.09, "tie"]


def test_the_fastest_trial_is_judged_by_all_rounds(history):
    held = finals(A=[11.0, 11.1, 11.2, 11.3, 11.4, 11.5] * 2, B=[9.0] * 12)
    row = row_of(history, attempt(A, 8.0), attempt(B, 9.0), search(B, A), held, cell())
    assert (row["choice_id"], row["trials_to_choice"]) == (A, 2)
    assert values(row, RATIOS) == [pytest.approx(1.125), 1.11, 1.14, "loss"]
    assert (row["final_id"], row["final_decision"]) == (B, "win")


def test_a_search_chooses_among_its_own_trials(history):
    held = finals(A=[11.0] * 8, B=[9.0] * 8)
    row = row_of(history, attempt(A, 8.0), attempt(B, 9.0), search(A), held, cell())
    assert (row["final_id"], row["final_ratio"]) == (A, 1.1)


@pytest.mark.parametrize(
    ("asked", "place"),
    [((A, B), None), ((COMMITTED, A), 1), ((A, B, COMMITTED), 3)],
)
def test_the_place_of_the_committed_config_among_the_trials(history, asked, place):
    tried = [attempt(config, 10.0) for config in (A, B, COMMITTED)]
    row = row_of(history, *tried, search(*asked), finals(A=[11.0] * 8, B=[12.0] * 8), cell())
    assert row["committed_trial"] == place
    assert row["committed_id"] == COMMITTED


def test_the_committed_config_itself_is_a_tie(history):
    tried = [attempt(A, 11.0), attempt(COMMITTED, 10.0)]
    row = row_of(history, *tried, search(A, COMMITTED), finals(A=[11.0] * 8), cell())
    assert (row["choice_id"], row["final_id"]) == (COMMITTED, COMMITTED)
    assert values(row, RATIOS) == values(row, FINAL) == [1.0, 1.0, 1.0, "tie"]


def test_without_finals_nothing_is_judged(history):
    row = row_of(history, attempt(A, 8.0), search(A), cell(["drifted", "throttled"]))
    assert values(row, [*RATIOS, *FINAL, "final_id"]) == [None] * 9
    assert (row["choice_id"], row["marks"]) == (A, "drifted,throttled")


def test_without_the_committed_config_in_the_finals_nothing_is_judged(history):
    held = finals(A=[8.0] * 8)
    held |= {"slots": held["slots"][1:], "us": [us[1:] for us in held["us"]]}
    row = row_of(history, attempt(A, 8.0), search(A), held, cell())
    assert values(row, [*RATIOS, *FINAL, "final_id"]) == [None] * 9


def test_a_search_without_a_correct_trial_has_no_choice(history):
    row = row_of(history, attempt(A, None), search(A), finals(B=[8.0] * 8), cell())
    assert values(row, ["choice_id", "trials_to_choice", *RATIOS, *FINAL]) == [None] * 10
    assert (row["trials"], row["gpu_seconds"]) == (1, 0.25)


def test_a_cell_that_was_not_ended_has_no_committed_config(history):
    row = row_of(history, attempt(A, 8.0), search(A), finals(A=[8.0] * 8))
    assert values(row, ["committed_id", "committed_trial", "ratio", "final_ratio"]) == [None] * 4
    assert row["marks"] == ""


def test_of_a_search_that_was_run_again_the_last_counts(history):
    row = row_of(history, attempt(A, 8.0), attempt(B, 7.0), search(A), search(A, B), cell())
    assert (row["trials"], row["choice_id"], row["gpu_seconds"]) == (2, B, 0.5)


@pytest.mark.parametrize(
    ("source", "tokens", "triple"),
    [
        (H100, 64, True),
        ("", 64, False),
        ("NVIDIA_L40S", 64, True),
        ("NVIDIA_L40S", 24, False),  # its file holds no such batch size
        ("NVIDIA_B200", 64, False),
    ],
)
def test_both_files_hold_the_batch_size_of_a_triple(history, source, tokens, triple):
    other = search(A, source=source, cell=f"{DEVICE}/{LAYER}/M{tokens}")
    assert row_of(history, other)["triple"] is triple


def test_finals_of_their_own_judge_the_choice_with_all_their_rounds(history, tmp_path):
    held = finals(A=[8.0] * 8)
    row = row_of(history, attempt(A, 8.0), search(A), held, cell())
    samples = [
        {
            "cell_id": CELL, "config_id": config, "run_id": "r", "slot": slot, "round": number,
            "us": us,
        }
        for number in range(8)
        for slot, (config, us) in enumerate([(COMMITTED, 10.0), (A, 9.5), (A, 9.6)])
    ]  # fmt: skip
    write_table(tmp_path / "finals.parquet", pd.DataFrame(samples), FINALS)
    fresh = read_finals([tmp_path / "finals.parquet"])
    assert _fresh_ratio(row, fresh).median == 0.95
    assert _fresh_ratio(row | {"final_id": B}, fresh) is None
    assert _fresh_ratio(row | {"cell_id": "elsewhere"}, fresh) is None
    with pytest.raises(InputError, match="is in another table too"):
        read_finals([tmp_path / "finals.parquet"] * 2)
