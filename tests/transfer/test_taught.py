"""What may teach a cell and what may not: leaks are planted and must not be found."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.search import SEARCHES
from scripts.lib.shape import Cell
from scripts.lib.teaching import Families, Teaching
from scripts.transfer.committed_files import History
from scripts.transfer.evaluate import Study, evaluate_layer, in_order, lessons_for
from scripts.transfer.learn_kernel import ELSEWHERE, UNFITTED
from scripts.transfer.library import layer_of
from scripts.transfer.predictions import read_predictions
from tests.transfer.recorded import AMD, CELLS_OF_THREE, SHAPES, SOURCE, recording, write_recorded
from tests.transfer.study import CONFIGS, DEVICE, LEGAL, filled, history_row, latency

HELD, KIN, OTHER = (layer_of(shape) for shape in SHAPES)
FAMILIES = Families({HELD: "Mixtral", KIN: "Mixtral"})
Latency = Callable[[Cell, Config], float]


def upside_down(cell: Cell, config: Config) -> float:
    """The invented latency, the slowest config the fastest."""
    return 400.0 - latency(cell, config)


def planted(device: str, *layers: str) -> Latency:
    """Telltale latencies on these layers of a GPU, the usual ones elsewhere."""

    def us(cell: Cell, config: Config) -> float:
        told = cell.device == device and layer_of(cell.shape) in layers
        return upside_down(cell, config) if told else latency(cell, config)

    return us


def study(teaching: Teaching, us: Latency = latency, devices: tuple[str, ...] = (DEVICE,)) -> Study:
    """Three layers on each GPU; graphx-sim's predictions say what was recorded."""
    cells = sorted(
        Cell(device, one.shape, one.tokens) for device in devices for one in CELLS_OF_THREE
    )
    rows = [
        history_row(device, batch, CONFIGS[place], file=f"E=8,N={shape.intermediate},{device}.json",
                    N=shape.intermediate, position=batch)
        for place, device in ((5, SOURCE), (9, AMD), (30, DEVICE))
        for shape in SHAPES
        for batch in (1, 64, 1024)
    ]  # fmt: skip
    logs = {cell: np.log([us(cell, config) for config in LEGAL.configs]) for cell in cells}
    places = {cell: np.argsort(np.argsort(found)) + 1.0 for cell, found in logs.items()}
    return Study(
        tuple(recording(cell, us) for cell in cells),
        History(filled(HISTORY, rows)),
        logs,
        places,
        2,
        0.01,
        1,
        teaching,
        FAMILIES,
    )


def searched(given: Study, layer: str = HELD) -> pd.DataFrame:
    found = evaluate_layer(given, DEVICE, layer)
    return in_order(pd.DataFrame(found.searches, columns=SEARCHES.names))


@pytest.mark.parametrize("teaching", [Teaching.LAYER_OUT, Teaching.FAMILY_OUT])
@pytest.mark.parametrize("layer", [HELD, OTHER])
def test_a_second_gpu_leaves_every_row_of_the_first(teaching: Teaching, layer: str) -> None:
    alone = searched(study(teaching), layer)
    other = planted(SOURCE, HELD, KIN, OTHER)
    both = searched(study(teaching, other, (DEVICE, SOURCE)), layer)
    pd.testing.assert_frame_equal(both, alone, check_exact=True)


def test_the_cells_of_two_gpus_are_searched_apart() -> None:
    rows = evaluate_layer(
        study(Teaching.LAYER_OUT, devices=(DEVICE, SOURCE)), SOURCE, HELD
    ).searches
    assert {row["cell_id"].split("/")[0] for row in rows} == {SOURCE}
    assert SOURCE not in {row["source"] for row in rows}
    assert DEVICE in {row["source"] for row in rows}


def test_a_planted_family_member_teaches_only_where_the_layer_alone_is_left_out() -> None:
    plain, leaking = (
        {teaching: searched(study(teaching, us)) for teaching in Teaching}
        for us in (latency, planted(DEVICE, KIN))
    )
    pd.testing.assert_frame_equal(
        leaking[Teaching.FAMILY_OUT], plain[Teaching.FAMILY_OUT], check_exact=True
    )
    assert not leaking[Teaching.LAYER_OUT].equals(plain[Teaching.LAYER_OUT])


def test_what_the_gpu_itself_recorded_does_not_teach_it_where_it_is_left_out() -> None:
    gpus = (DEVICE, SOURCE)
    plain, own, other = (
        searched(study(Teaching.GPU_OUT, us, gpus))
        for us in (latency, planted(DEVICE, KIN, OTHER), planted(SOURCE, HELD, KIN, OTHER))
    )
    pd.testing.assert_frame_equal(own, plain, check_exact=True)
    assert not other.equals(plain)


def test_nor_by_way_of_predictions_of_the_cells_that_teach() -> None:
    gpus = (DEVICE, SOURCE)
    given = study(Teaching.GPU_OUT, devices=gpus)
    plain = searched(given)
    for cell in list(given.logs):
        if cell.device == SOURCE:
            given.logs[cell][:] = given.logs[cell][::-1].copy()
    pd.testing.assert_frame_equal(searched(given), plain, check_exact=True)


def test_a_gpu_that_no_other_may_teach_is_searched_all_the_same() -> None:
    rows = searched(study(Teaching.GPU_OUT))
    pd.testing.assert_frame_equal(
        rows, searched(study(Teaching.GPU_OUT, planted(DEVICE, KIN, OTHER))), check_exact=True
    )
    # Its prediction is taken at its word, and says what was recorded; what other GPUs' files
    # have in common decides between configs that are nearly as fast.
    ours = rows[rows["strategy"] == "S1-S8, all sources"]
    assert (ours["regret_1"] < 1.01).all()


@pytest.mark.parametrize(("teaching", "wider"), [(Teaching.GPU_OUT, True), ("layer_out", False)])
def test_what_another_gpu_taught_is_taken_to_miss_by_more(teaching: str, wider: bool) -> None:
    lessons = lessons_for(study(Teaching(teaching), devices=(DEVICE, SOURCE)), DEVICE, HELD)
    learned = lessons.predicted_kernel
    assert lessons.knows(DEVICE) != wider
    assert lessons.kernel_on(DEVICE) == (learned.wider(ELSEWHERE) if wider else learned)


def test_where_nothing_taught_the_kernel_says_so_itself() -> None:
    lessons = lessons_for(study(Teaching.GPU_OUT), DEVICE, HELD)
    assert not lessons.knows(DEVICE)
    assert lessons.kernel_on(DEVICE) == UNFITTED


def test_predictions_of_another_choice_are_refused(tmp_path: Path) -> None:
    files = write_recorded(tmp_path)
    path = Path(files["predictions"][0])
    legal = dict.fromkeys(CELLS_OF_THREE, LEGAL.configs)
    assert read_predictions(path, legal, Teaching.LAYER_OUT)[0]
    with pytest.raises(InputError, match="predicted under layer_out, but family_out"):
        read_predictions(path, legal, Teaching.FAMILY_OUT)


def test_few_are_what_shows_what_was_taught_and_as_among_all() -> None:
    everyone = searched(study(Teaching.LAYER_OUT))
    few = searched(replace(study(Teaching.LAYER_OUT), few=True))
    none = ["S1-S8, no source", "S1-S8, no source, stops"]
    assert set(few["strategy"]) == {"S1-S8", "S1-S8, stops", *none, "S6"}
    same = everyone[everyone["strategy"].isin(few["strategy"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(few, same, check_exact=True, check_dtype=False)
    added = few[few["strategy"].isin(none)]
    assert added.groupby(["cell_id", "strategy"]).size().eq(1).all()
