"""Parts of a measurement: all cells, none twice, and no two divisions in one folder."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.files import InputError
from scripts.lib.shape import parse_cell
from scripts.lib.shares import Share, check_alone, deal, parse_share, part_of, seconds_a_trial
from scripts.measure.controller.candidates import plan_of

LAYERS = [f"NVIDIA_H200/E{e}-N{n}-K1024-top2-bf16" for e in (8, 64) for n in (256, 512, 1024)]
CELLS = [f"{layer}/M{tokens}" for layer in LAYERS for tokens in (1, 64)]
CONFIGS = ["M16-N64-K128-G1-W4-S3", "M64-N128-K128-G16-W8-S4"]


@given(cells=st.lists(st.sampled_from(CELLS), min_size=1, unique=True), of=st.integers(1, 14))
def test_every_candidate_is_in_one_part_and_light_layers_stay_whole(
    cells: list[str], of: int
) -> None:
    plan = plan_of(cells, CONFIGS)
    parts = [part_of(plan, Share(number, of)) for number in range(1, of + 1)]
    pd.testing.assert_frame_equal(pd.concat(parts).sort_index(), plan)
    found = [set(part["cell_id"]) for part in parts]
    assert sum(map(len, found)) == len(cells)
    work = pd.Series({cell: seconds_a_trial(parse_cell(cell)) for cell in cells})
    layers = work.groupby(work.index.str.rsplit("/", n=1).str[0]).sum()
    for layer in layers.index[layers <= work.sum() / of * (1 - 1e-9)]:
        assert sum(any(cell.startswith(f"{layer}/") for cell in part) for part in found) == 1


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=30), st.integers(1, 6))
def test_no_part_has_more_than_an_items_work_above_another(seconds: list[float], of: int) -> None:
    work = dict(enumerate(seconds))
    loads = [sum(work[item] for item in part) for part in deal(work, of)]
    assert sum(loads) == pytest.approx(sum(seconds))
    assert max(loads) <= min(loads) + max(seconds) + 1e-9


def test_work_is_seconds_of_the_trials_that_are_planned() -> None:
    heavy, light = f"{LAYERS[0]}/M4096", f"{LAYERS[0]}/M1"
    plan = pd.concat([plan_of([heavy], CONFIGS), plan_of([light], CONFIGS)])
    assert seconds_a_trial(parse_cell(heavy)) > seconds_a_trial(parse_cell(light))
    assert set(part_of(plan, Share(1, 2))["cell_id"]) == {heavy}


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/0", "a/b"])
def test_a_part_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="such as 2/4"):
        parse_share(text)


def test_another_division_of_a_begun_study_is_refused(tmp_path):
    (tmp_path / "ledger-1-of-4.jsonl").touch()
    check_alone(tmp_path, Share(2, 4))
    with pytest.raises(InputError, match="another division"):
        check_alone(tmp_path, Share(1, 2))
