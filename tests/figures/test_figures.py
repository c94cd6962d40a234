"""Every figure is drawn from the tables, to the same bytes each time, and refuses empty ones."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.figures import (
    classes,
    cost,
    curves,
    gaps,
    headroom,
    legality,
    live,
    searches,
    sim,
    spread,
    transferred,
)
from scripts.figures.style import MARKERS, PALETTE
from scripts.lib.files import InputError
from scripts.lib.schemas.breakdowns import BREAKDOWNS
from scripts.lib.schemas.corpus import TRIPLES
from scripts.lib.schemas.recorded import COST, SPREAD, CostOf, Kind
from scripts.lib.schemas.sim import SIM_CALIBRATION, SIM_CELLS
from scripts.lib.schemas.space import LEGALITY
from scripts.lib.schemas.statistics import GAPS, PAIRWISE, RATES
from scripts.lib.schemas.triples import TRIPLE_VERDICTS
from scripts.lib.tables import write_table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.gaps import estimate_gaps
from tests.report import absent, copied, planted_live, searched
from tests.statistics.conftest import Judged
from tests.statistics.study import DEVICE, SOURCES, Study
from tests.statistics.test_gaps import triples

Main = Callable[[list[str]], int]


def calibration() -> pd.DataFrame:
    """Two number formats, predicted a tenth too slow."""
    measured = np.geomspace(20, 2000, 12)
    return pd.DataFrame(
        {
            "cell_id": "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64",
            "config_id": [f"M16-N64-K64-G{i + 1}-W4-S2" for i in range(12)],
            "device": "NVIDIA_H200",
            "scheme": ["bf16", "fp8_w8a8"] * 6,
            "tokens": 64,
            "measured_us": measured,
            "predicted_us": measured * 1.1,
            "analytical_us": measured * 1.3,
        }
    )


def differences() -> pd.DataFrame:
    """Of each kind the differences 0, 1, 2 and 3%."""
    rows = [
        ("one", kind, "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64", None, 0.01 * number)
        for kind in Kind
        for number in range(4)
    ]
    return pd.DataFrame(rows, columns=SPREAD.names)


def by_class() -> pd.DataFrame:
    """Two number formats: a win of ten, and a loss of ten; all else ties."""
    rates = {"bf16": (0.1, 0.9, 0.0), "fp8_w8a8": (0.0, 0.9, 0.1)}
    rows = [
        {
            "device": DEVICE, "what": "copied", "by": "scheme", "order": order, "value": scheme,
            "judged": 10, "metric": metric, "mean": mean, "low": mean / 2, "high": mean * 1.05,
        }
        for order, (scheme, means) in enumerate(rates.items())
        for metric, mean in zip(("win", "tie", "loss"), means, strict=True)
    ]  # fmt: skip
    return copied.filled(pd.DataFrame(rows), BREAKDOWNS)


def costs() -> pd.DataFrame:
    """A file tuned in 100 s, and the published method sampled."""
    rows = [
        {"what": CostOf.GRAPHX, "value": 100.0},
        {"what": CostOf.UPSTREAM, "value": 5e4, "low": 2e4, "high": 9e4, "samples": 36},
    ]
    same = {"device": DEVICE, "shape_id": "E8-N3584-K4096-top2-bf16", "part": "total"}
    return copied.filled(pd.DataFrame(rows).assign(**same, batches=18), COST)


@pytest.fixture(scope="module")
def inputs(
    drawn: Study, judged: Judged, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("inputs")
    paths = drawn.write(folder)
    rows = triples({"a": 40.0, "b": 170.0, "c": 300.0})
    tables = {
        "triple_verdicts": (copied.planted(drawn.cells), TRIPLE_VERDICTS),
        "breakdowns": (by_class(), BREAKDOWNS),
        "cost": (costs(), COST),
        "pairwise": (judged.pairwise, PAIRWISE),
        "rates": (judged.rates, RATES),
        "triples": (rows, TRIPLES),
        "gaps": (estimate_gaps(rows, Plan(resamples=200)), GAPS),
        "legality": (absent.legality(), LEGALITY),
        "sim_cells": (absent.sim_cells(), SIM_CELLS),
        "calibration": (calibration(), SIM_CALIBRATION),
        "spread": (differences(), SPREAD),
        "search_rates": searched.tables()["search_rates"],
        "live_rates": planted_live.tables(copied.planted(drawn.cells))["live_rates"],
    }
    for name, (frame, table) in tables.items():
        paths[name] = folder / f"{name}.parquet"
        write_table(paths[name], frame, table)
    return paths


CASES: dict[str, tuple[Main, tuple[str, ...], tuple[str, ...]]] = {
    "transferred": (transferred.main, ("triples", "trials"), ("--sources", *SOURCES)),
    "classes": (classes.main, ("breakdowns",), ()),
    "cost": (cost.main, ("cost",), ()),
    "curves": (curves.main, ("rates",), ("--sources", *SOURCES)),
    "gaps": (gaps.main, ("triples", "gaps"), ("--source", "A", "--target", "B")),
    "headroom": (headroom.main, ("pairwise", "cells"), ()),
    "legality": (legality.main, ("legality",), ()),
    "live": (live.main, ("rates",), ()),
    "sim": (sim.main, ("calibration", "cells"), ()),
    "searches": (searches.main, ("rates",), ()),
    "spread": (spread.main, ("spread",), ("--margin", "0.01")),
}
OTHER_TABLE = {
    ("transferred", "triples"): "triple_verdicts",
    ("sim", "cells"): "sim_cells",
    ("searches", "rates"): "search_rates",
    ("live", "rates"): "live_rates",
}  # option of a figure -> table of another name


def arguments(name: str, inputs: dict[str, Path], folder: Path) -> list[str]:
    _, tables, extra = CASES[name]
    files = {table: str(inputs[OTHER_TABLE.get((name, table), table)]) for table in tables}
    out = [part for table, path in files.items() for part in (f"--{table}", path)]
    out += [*extra, "--out-png", str(folder / "f.png"), "--out-svg", str(folder / "f.svg")]
    return out + (["--out-csv", str(folder / "f.csv")] if name == "curves" else [])


@pytest.mark.parametrize("name", CASES)
def test_both_files_are_whole_and_the_same_each_time(
    name: str, inputs: dict[str, Path], tmp_path: Path
) -> None:
    bodies = []
    for attempt in ("one", "two"):
        assert CASES[name][0](arguments(name, inputs, tmp_path / attempt)) == 0
        bodies.append([path.read_bytes() for path in sorted((tmp_path / attempt).iterdir())])
    assert bodies[0] == bodies[1]
    png = (tmp_path / "one/f.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert width >= 800
    assert height >= 500
    svg = ET.parse(tmp_path / "one/f.svg").getroot()
    assert svg.tag.endswith("svg")
    assert b"<dc:date>" not in (tmp_path / "one/f.svg").read_bytes()


def test_points_hold_every_measured_copy_with_its_interval(drawn: Study) -> None:
    triples = copied.planted(drawn.cells)
    triples.loc[0, "ratio"] = np.nan  # a copy that did not run
    points = transferred.points(triples, drawn.trials)
    assert len(points) == len(triples) - 1
    committed = drawn.cells.set_index("cell_id")["committed_id"]
    for row in points.itertuples():
        true = drawn.truth[row.cell_id, committed[row.cell_id]]
        assert row.committed_us == pytest.approx(true, rel=0.03)
        assert row.low <= row.ratio <= row.high


def test_shares_of_a_class_are_all_of_it() -> None:
    found = classes.shares(by_class())
    assert found["value"].tolist() == ["bf16", "fp8_w8a8"]
    assert np.allclose(found[["win", "tie", "loss"]].sum(axis=1), 100)
    assert found["low"].tolist() == [5.0, 0.0]


def test_bars_of_searches_begin_with_all_sources_and_are_all_of_them(drawn: Study) -> None:
    rates, _ = planted_live.tables(copied.planted(drawn.cells))["live_rates"]
    found = live.bars(rates)
    assert np.allclose(found[["win", "tie", "loss"]].sum(axis=1), 100)
    assert (found["low"] <= found["win"]).all() and (found["win"] <= found["high"]).all()
    whole = found[found["group"] == "all"]
    assert whole["value"].tolist()[:2] == ["all sources together", "any source, by itself"]
    assert len(whole) == 2 + len(SOURCES)
    with pytest.raises(InputError, match="no search with a verdict"):
        live.bars(rates[rates["metric"] == "ratio"])


def test_costs_are_the_totals_in_order() -> None:
    found = cost.totals(costs().iloc[::-1])
    assert found["what"].tolist() == [CostOf.GRAPHX, CostOf.UPSTREAM]


def test_curves_in_the_csv_are_the_regret_of_the_rates(
    judged: Judged, inputs: dict[str, Path], tmp_path: Path
) -> None:
    assert curves.main(arguments("curves", inputs, tmp_path)) == 0
    drawn_curves = pd.read_csv(tmp_path / "f.csv")
    regret = judged.rates.query("metric == 'regret' and strategy != 'exhaustive'")
    merged = drawn_curves.merge(regret, on=["source", "target", "strategy", "K"])
    assert len(merged) == len(drawn_curves) == len(regret)
    assert np.allclose(merged["regret"], merged["mean"], rtol=1e-5)


def test_shares_of_differences_end_at_all_of_them() -> None:
    found = spread.shares(differences())
    for _, curve in found.groupby("kind"):
        assert curve["per_cent"].tolist() == pytest.approx([0, 1, 2, 3])
        assert curve["share"].tolist() == [0.25, 0.5, 0.75, 1.0]
    assert set(spread.CURVES) == set(Kind) == set(found["kind"])


def test_headroom_is_the_inverse_of_the_paired_ratio(drawn: Study, judged: Judged) -> None:
    rows = headroom.headroom(judged.pairwise, drawn.cells)
    assert len(rows) == len(drawn.cells)
    assert (rows["low"] <= rows["ratio"]).all()
    assert (rows["ratio"] <= rows["high"]).all()
    best = judged.pairwise[judged.pairwise["best"]]
    assert np.allclose(sorted(1 / rows["ratio"]), sorted(best["committed_ratio"]))


def test_shares_of_legal_configs_are_weighted_by_their_number() -> None:
    found = legality.shares(absent.legality())
    source, target = absent.SOURCE, absent.ABSENT
    assert found["configs"].loc[source, target] == 150
    assert found["legal"].loc[source, target] == pytest.approx(40 / 150)
    assert found["legal"].loc[target, source] == 0
    assert found["legal_carried"].loc[target, source] == 0.75
    # AMD first; a GPU without committed configs has a column and no row.
    assert list(found["legal"].index) == [target, source]
    assert list(found["legal"].columns) == [target, source, DEVICE]


def test_only_all_of_them_are_written_as_100_per_cent() -> None:
    source = absent.SOURCE
    row = absent.legality().iloc[[0]].assign(target=source, configs=1000)
    texts = []
    for legal in (1000, 999, 5, 0):
        drawn = legality.draw(row.assign(legal=legal, legal_carried=legal))
        texts.append(drawn.axes[0].texts[0].get_text())
    assert texts == ["100%", "99%", "<1%", "0%"]


def test_regret_is_drawn_of_unseen_layers_up_to_all_cells() -> None:
    drawn_regrets = sim.regrets(absent.sim_cells())
    unseen = absent.sim_cells().query("held_out == 'layer'")
    for (model, top), curve in drawn_regrets.groupby(["model", "K"]):
        cells = unseen[unseen["model"] == model]
        expected = 100 * (np.sort(cells[f"regret_{top}"]) - 1)
        assert np.allclose(curve["per_cent"], expected)
        assert curve["share"].tolist() == [0.25, 0.5, 0.75, 1.0]
    assert len(drawn_regrets) == len(sim.CURVES) * 4


def test_an_unknown_source_is_answered_with_the_nearest(
    inputs: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("curves", "transferred"):
        wrong = arguments(name, inputs, tmp_path)
        wrong[wrong.index(SOURCES[0])] = "NVIDIA_H100"
        assert CASES[name][0](wrong) == 2
        assert SOURCES[0] in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_tables_without_anything_to_draw_are_refused(drawn: Study, judged: Judged) -> None:
    with pytest.raises(InputError, match="measured copy"):
        transferred.points(copied.planted(drawn.cells).assign(ratio=np.nan), drawn.trials)
    with pytest.raises(InputError, match="no class"):
        classes.shares(by_class().query("metric == 'ratio'"))
    with pytest.raises(InputError, match="no tuned file"):
        cost.totals(costs().iloc[:0])
    with pytest.raises(InputError, match="regret"):
        curves.curves(judged.rates.query("metric == 'win'"))
    with pytest.raises(InputError, match="committed"):
        headroom.headroom(judged.pairwise.assign(committed_ratio=np.nan), drawn.cells)
    with pytest.raises(InputError, match="no pair"):
        legality.shares(absent.legality().iloc[:0])
    with pytest.raises(InputError, match="held out"):
        sim.regrets(absent.sim_cells().query("held_out == 'experts'"))
    with pytest.raises(InputError, match="measured twice"):
        spread.shares(differences().iloc[:0])
    with pytest.raises(InputError, match="A -> C"):
        gaps.draw(triples({"a": 1.0}), pd.DataFrame(columns=GAPS.names), "A", "C")


def test_looks_differ() -> None:
    assert len(set(PALETTE)) == len(PALETTE)
    assert len(set(MARKERS)) == len(MARKERS)
    # Colours repeat after seven and markers after nine, so 63 series look different.
    assert np.gcd(len(PALETTE), len(MARKERS)) == 1
