"""A word for each row: planted finals, and those of the recorded operator."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.health.check import main
from scripts.health.trials import DEFAULT, ROW, Decided, Word, decided, plan_of, table
from scripts.lib.chain import read_chain
from scripts.lib.config import parse_id
from scripts.lib.recordings import recordings
from scripts.lib.shape import Cell, Shape, parse_cell

CELL = Cell("NVIDIA_H200", Shape(8, 3584, 4096, 2, "bf16"), 16)
OWN, OTHER, STOCK = (f"M16-N{n}-K128-G1-W4-S3" for n in (32, 64, 128))
RUN = {"kind": "run", "run_id": "r", "kernel_hash": "own"}


def word(us: dict[str, float], margin: float = 0.01, twin: float = 1.0, **more) -> Decided:
    """Of one cell whose slots have these medians, and a second slot of the row that errs."""
    plan = plan_of({CELL: {ROW: parse_id(OWN), "next row 24": parse_id(OTHER),
                           DEFAULT: parse_id(STOCK)}})  # fmt: skip
    slots = [*us, *([OWN] if OWN in us else [])]
    medians = np.array([*us.values(), *([us[OWN] * twin] if OWN in us else [])])
    noise = np.random.default_rng(3).normal(1.0, 5e-4, (24, len(slots)))
    finals = {"kind": "finals", "run_id": "r", "cell_id": CELL.id, "slots": slots,
              "us": (medians * noise).tolist()}  # fmt: skip
    (found,) = decided(plan, [RUN, *more.get("lines", []), *([finals] if slots else [])],
                       "own", margin)  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("us", "expected", "better"),
    [
        ({OWN: 10, OTHER: 10.02, STOCK: 11}, Word.KEEP, None),
        ({OWN: 10, OTHER: 9, STOCK: 11}, Word.RETUNE, OTHER),
        ({OWN: 10, OTHER: 9, STOCK: 9.04}, Word.DROP, STOCK),
        ({OWN: 10, OTHER: 9, STOCK: 9.5}, Word.RETUNE, OTHER),
        ({OWN: 10, OTHER: 9.95, STOCK: 9.95}, Word.KEEP, None),  # within the margin
    ],
)
def test_the_word_follows_from_what_is_shown(us, expected, better) -> None:
    found = word(us)
    assert (found.word, found.better) == (expected, better)
    assert found.ratio is not None
    fastest = better or min((OTHER, STOCK), key=lambda config: us[config])
    assert found.ratio[0] == pytest.approx(us[fastest] / us[OWN], rel=2e-3)
    assert expected.value in next(line for line in [*table([found])][1:])


def test_what_twins_of_the_row_differ_by_widens_the_interval() -> None:
    sure, unsure = (word({OWN: 10, OTHER: 9.8, STOCK: 11}, twin=twin) for twin in (1.0, 1.02))
    assert sure.word is Word.RETUNE
    assert unsure.word is Word.KEEP
    assert unsure.ratio[2] - sure.ratio[2] == pytest.approx(0.02, abs=1e-3)


def test_a_row_that_fails_is_dropped_and_one_that_was_not_tried_is_open() -> None:
    attempt = {"kind": "attempt", "run_id": "r", "cell_id": CELL.id, "config_id": OWN}
    illegal = attempt | {"outcome": "illegal", "reason": "out of shared memory"}
    found = word({OTHER: 9, STOCK: 10}, lines=[illegal])
    assert (found.word, found.better) == (Word.DROP, STOCK)
    assert "shared memory" in found.why
    waived = attempt | {"outcome": "not_measured", "reason": "device_absent"}
    assert word({}, lines=[waived]).word is Word.OPEN
    assert word({}).word is Word.OPEN
    json.dumps(found.to_json())


def test_finals_under_other_kernels_decide_nothing() -> None:
    plan = plan_of({CELL: {ROW: parse_id(OWN), DEFAULT: parse_id(STOCK)}})
    finals = {"kind": "finals", "run_id": "r", "cell_id": CELL.id, "slots": [OWN, STOCK],
              "us": [[10.0, 5.0]] * 10}  # fmt: skip
    (found,) = decided(plan, [RUN, finals], "another", 0.01)
    assert found.word is Word.OPEN


@pytest.mark.parametrize("one", recordings("runtime"), ids=lambda one: one.name)
def test_recorded_finals_are_judged_as_by_hand(one) -> None:
    """The committed row against all else that was recorded, recomputed in plain numpy."""
    bodies = [*read_chain(Path(one.ledger_paths[0]))]
    finals = {body["cell_id"]: body for body in bodies if body["kind"] == "finals"}
    slots = {cell_id: list(dict.fromkeys(body["slots"])) for cell_id, body in finals.items()}
    plan = plan_of(
        {
            parse_cell(cell_id): {ROW: parse_id(ids[-1])}
            | {str(n): parse_id(config) for n, config in enumerate(ids[:-1])}
            for cell_id, ids in slots.items()
        }
    )
    found = decided(plan, bodies, one.kernels[-1], 0.01)
    assert {row.word for row in found} >= {Word.KEEP, Word.RETUNE}
    for row, body in zip(found, finals.values(), strict=True):
        us, ids = np.asarray(body["us"]), slots[body["cell_id"]]
        own = us[:, [body["slots"].index(ids[-1])]]
        if row.better is not None:
            assert np.median(us[:, [body["slots"].index(row.better)]] / own) < 0.99
        # Nothing is kept that all rounds show behind by more than the row's twins differ.
        twins = [n for n, config in enumerate(body["slots"]) if config == ids[-1]]
        apart = np.abs(np.median(us[:, twins] / own, axis=0) - 1).max()
        worst = min((us[:, [body["slots"].index(c)]] / own).max() for c in ids)
        assert row.word is not Word.KEEP or worst > 0.99 - apart


def test_without_a_gpu_it_is_one_line(tmp_path, capsys) -> None:
    (tmp_path / "E=8,N=3584,device_name=NVIDIA_H200.json").write_text("{}")
    assert main([str(tmp_path), "--measure"]) == 2
    said = capsys.readouterr().err
    assert "no GPU" in said
    assert "Traceback" not in said
