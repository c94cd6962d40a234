"""Tables without a row, as an early build has them: an empty result, or one line that says why."""

from __future__ import annotations

import shlex
from importlib import import_module
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.breakdowns import BREAKDOWNS
from scripts.lib.schemas.cold import COLD
from scripts.lib.schemas.cold_live import COLD_LIVE, FOUND
from scripts.lib.schemas.corpus import SHAPES, TRIPLES
from scripts.lib.schemas.foreseen import CHOSEN_PARTS, CHOSEN_PLACES
from scripts.lib.schemas.gains import GAINS
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.live import LIVE
from scripts.lib.schemas.margins import AA_RATES
from scripts.lib.schemas.measured import CELLS, COMPILES, FINALS, TRIALS
from scripts.lib.schemas.recorded import BINARIES, COVERAGE, RECORDED, SPREAD
from scripts.lib.schemas.restarts import RESTARTS
from scripts.lib.schemas.search import SEARCH_CHOICES, SEARCHES
from scripts.lib.schemas.sim import SIM_CELLS
from scripts.lib.schemas.space import SPACE
from scripts.lib.schemas.states import STATES
from scripts.lib.schemas.statistics import AA, PAIRWISE, VERDICTS
from scripts.lib.schemas.transfer import REPLAY
from scripts.lib.schemas.triples import TRIPLE_VERDICTS
from scripts.lib.schemas.tuning import CHOICES
from scripts.lib.tables import Table, write_rows
from scripts.statistics.breakdown import break_all_down
from scripts.statistics.headline import significance
from scripts.statistics.live import rates
from tests.statistics.conftest import PLAN
from tests.statistics.planted_live import planted
from tests.statistics.planted_states import nothing

MARGIN, LEVEL = " --margin 0.01", " --level 0.95"
PLANNED = " --resamples 100 --level 0.95 --seed 1"
JUDGED = {"states": STATES, "aa": AA_RATES}
STUDY = " --study study --fresh study-finals"
# Module -> its tables by option, its other arguments and the options that it writes.
ASKED: dict[str, tuple[dict[str, Table | tuple[Table, ...]], str, str]] = {
    "aa_rates": ({"finals": FINALS}, MARGIN + LEVEL, "out"),
    "aggregate": ({"verdicts": VERDICTS}, PLANNED, "out"),
    "alike": ({"trials": TRIALS}, "", "out"),
    "breakdown": (
        {"triples": TRIPLE_VERDICTS, "gains": GAINS, "coverage": COVERAGE, "shapes": SHAPES,
         "history": HISTORY, "live": LIVE, **JUDGED},
        STUDY + MARGIN + PLANNED, "out",
    ),
    "cold": (
        {"searches": SEARCHES, "choices": SEARCH_CHOICES, **JUDGED},
        " --replayed one" + MARGIN + PLANNED, "out",
    ),
    "cold_live": (
        {"live": LIVE, "default": LIVE, "found": FOUND, "whole": CELLS, **JUDGED},
        MARGIN + PLANNED, "out",
    ),
    "coverage": (
        {"history": HISTORY, "shapes": SHAPES, "recorded": RECORDED}, " --device NVIDIA_H200", "out"
    ),
    "foreseen": ({"places": CHOSEN_PLACES, "parts": CHOSEN_PARTS}, PLANNED, "out"),
    "gains": (
        {"finals": FINALS, "cells": CELLS, "recorded": RECORDED, "aa": AA_RATES},
        MARGIN + PLANNED, "out out-rates",
    ),
    "gaps": ({"triples": TRIPLES}, PLANNED, "out"),
    "headline": (
        {"triples": TRIPLES, "verdicts": TRIPLE_VERDICTS, "gains": GAINS, "live": LIVE,
         "spread": SPREAD, **JUDGED},
        STUDY + MARGIN + PLANNED, "out out-tests",
    ),
    "live": (
        {"live": LIVE, "space": SPACE, **JUDGED}, STUDY + MARGIN + PLANNED, "out-rates out-losses"
    ),
    "margins": (
        {"live": LIVE, "verdicts": TRIPLE_VERDICTS, **JUDGED}, STUDY + PLANNED, "out"
    ),
    "pairwise": ({"finals": FINALS, "cells": CELLS}, MARGIN + LEVEL, "out out-aa"),
    "quality": (
        {"cells": CELLS, "pairwise": PAIRWISE, "aa": AA, "verdicts": VERDICTS}, PLANNED, "out"
    ),
    "recorded": (
        {"trials": TRIALS, "cells": CELLS, "compiles": COMPILES, "space": SPACE},
        "", "out out-binaries",
    ),
    "registered": ({"cold": COLD, "live": COLD_LIVE}, "", "out"),
    "repeat": (
        {"trials": TRIALS, "finals": FINALS, "cells": CELLS, "again-trials": TRIALS,
         "again-finals": FINALS, "again-cells": CELLS},
        MARGIN + LEVEL, "out",
    ),
    "same_choice": ({"restarts": RESTARTS, "choices": CHOICES}, PLANNED, "out"),
    "scaling": (
        {"recorded": RECORDED, "binaries": BINARIES},
        " --gpus 1 2 --start 14 --cores 8 --kills-per-hour 0.02 --seed 1", "out",
    ),
    "search_choices": (
        {"choices": SEARCH_CHOICES, **JUDGED}, " --replayed one" + MARGIN + PLANNED,
        "out-verdicts out-behind",
    ),
    "search_pairs": ({"searches": SEARCHES}, PLANNED, "out"),
    "searches": ({"searches": SEARCHES}, PLANNED, "out-rates out-costs"),
    "spread": (
        {"finals": FINALS, "recorded": RECORDED, "trials": TRIALS, "again": TRIALS},
        MARGIN + PLANNED, "out out-false-wins",
    ),
    "teaching": (
        {"taught layer_out": (SEARCHES, SEARCH_CHOICES, SIM_CELLS), **JUDGED},
        " --replayed one" + MARGIN + PLANNED, "out",
    ),
    "triples": (
        {"triples": TRIPLES, "shapes": SHAPES, "trials": TRIALS, "cells": CELLS, "finals": FINALS},
        MARGIN + LEVEL, "out",
    ),
    "verdicts": (
        {"replay": REPLAY, "trials": TRIALS, "cells": CELLS, "pairwise": PAIRWISE,
         "recorded": RECORDED, "aa": AA_RATES},
        MARGIN, "out",
    ),
}  # fmt: skip
# These read a recording's folder or its JSON besides, or no table; their own tests have them.
OTHERS = {
    "agreement", "calibration", "cost", "health", "losses", "op_beside", "op_gemms", "revalidate",
    "states", "tie_plan", "tuned", "tuning",
}  # fmt: skip


def test_every_module_is_tried() -> None:
    folder = Path("scripts/statistics")
    commands = {path.stem for path in folder.glob("*.py") if "\ndef main(" in path.read_text()}
    assert commands == set(ASKED) | OTHERS


@pytest.mark.parametrize("name", ASKED)
def test_without_a_row(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables, more, outs = ASKED[name]
    arguments = shlex.split(more)
    for option, some in tables.items():
        arguments += f"--{option}".split()
        for table in (some,) if isinstance(some, Table) else some:
            path = tmp_path / option.replace(" ", "_") / "one" / f"{table.name}.parquet"
            write_rows(path, [], table)
            arguments.append(str(path))
    written = [tmp_path / f"{option}.parquet" for option in outs.split()]
    for path in written:
        arguments += [f"--{path.stem}", str(path)]
    status = import_module(f"scripts.statistics.{name}").main(arguments)
    if status:
        assert status == 2
        assert capsys.readouterr().err.count("error: ") == 1
        assert not any(path.exists() for path in written)
    elif name != "registered":  # what was registered has its rows, measured or not
        assert [pq.read_metadata(path).num_rows for path in written] == [0] * len(written)


def test_one_table_without_a_row() -> None:
    assert rates(planted().head(0), nothing(), PLAN, 0.01).empty
    assert significance({}, PLAN).empty
    shapes, history = (table.schema.empty_table().to_pandas() for table in (SHAPES, HISTORY))
    with pytest.raises(InputError, match="shapes: no layer; build the corpus again"):
        break_all_down([], shapes, history, 0.01, PLAN)
    some = shapes.reindex([0])
    assert list(break_all_down([], some, history, 0.01, PLAN)) == BREAKDOWNS.names
