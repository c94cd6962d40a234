"""The grid and the findings of real tuners: complete, repeatable, open to another bench."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.audit.bench import Problem
from scripts.audit.grid import RANKS, TOKENS, grid
from scripts.audit.layers import Layer
from scripts.audit.probes import ORDER
from scripts.audit.real import PAIR, main
from scripts.audit.replay import ReplayBench
from scripts.audit.tuners.published import Published
from scripts.lib.schemas.audit import FINDINGS, GRID, NOISE
from scripts.lib.shape import BATCH_LADDER, Shape
from scripts.lib.tables import read_table, write_table
from tests.audit.invented import bench, layer, noise_table
from tests.transfer.recorded import SHAPES, write_recorded

OPENED: list[str] = []


def open_bench(of: Layer, seed: list[int]) -> ReplayBench:
    """A bench of the tests' own, as a GPU's would be named."""
    OPENED.append(of.id)
    return bench(of, seed[-1], round_sd=0.0, timing_sd=0.0)


def published(of: Layer) -> Published:
    return Published(of, BATCH_LADDER, name="published")


def last(of: Layer) -> Published:
    """Chooses among the last 24 tactics."""
    tuner = published(of)
    tuner.enumerate = lambda problem: np.arange(24, 48)  # type: ignore[method-assign]
    tuner.fresh = lambda: last(of)  # type: ignore[method-assign]
    return tuner


def rows(layers: list[Layer]) -> pd.DataFrame:
    found = grid(layers[0], layers, (published, last), open_bench, 3, 0.01, 1)
    return pd.DataFrame(list(found))


def test_every_cell_of_the_grid_is_there_or_has_a_reason() -> None:
    of = layer()
    frame = rows([of])
    assert list(zip(frame["ep"], frame["tokens"], strict=True)) == [
        (ranks, tokens) for ranks in RANKS for tokens in TOKENS
    ]
    there = frame[frame["reason"].isna()]
    assert set(there["tokens"]) == {1, 16, 64, 256, 1024}
    assert set(there["ep"]) == {1}
    assert set(frame.loc[frame["ep"] == 8, "reason"]) == {"a layer of 1 experts was not measured"}
    assert "8 experts cannot be shared by 16 ranks" in set(frame["reason"])


def test_picks_ratio_and_flips_without_noise_by_hand() -> None:
    of = layer()
    frame = rows([of]).query("reason.isna()")
    assert (frame[["flips_first", "flips_second"]] == 0).all(axis=None)
    for us, row in zip(of.us, frame.to_dict("records"), strict=True):
        first, second = int(np.argmin(us)), 24 + int(np.argmin(us[24:]))
        assert row["pick_first"] == of.tactics[first].id
        assert row["pick_second"] == of.tactics[second].id
        assert row["matched"] == (first == second)
        assert row["ratio"] == pytest.approx(us[second] / us[first])
        assert row["margin_first"] == pytest.approx(np.sort(us)[1] / us.min() - 1)
        assert row["word"] == ("loss" if us[second] / us[first] > 1.01 else "tie")
        assert row["parity"]


def test_a_rank_has_its_share_of_the_experts() -> None:
    of = layer()
    shape = Shape(1, of.shape.intermediate, of.shape.hidden, 1, of.shape.scheme)
    one = Layer(of.device, shape, of.tokens, of.tactics, 2 * of.us)
    assert of.local(8, [of, one]) is one
    assert of.local(16, [of, one]) is None
    assert of.local(1, [one, of]) is of
    assert one.local(1, [of, one]) is one


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("recorded")
    files = write_recorded(folder)
    write_table(folder / "noise.parquet", noise_table(), NOISE)
    return [
        *(word for name, values in files.items() for word in (f"--{name}", *values)),
        *("--noise", str(folder / "noise.parquet"), "--seed", "1", "--repeats", "2"),
    ]


def test_command_writes_both_tables_the_same_each_time(words: list[str], tmp_path: Path) -> None:
    outs = {}
    for processes in "12":
        outs[processes] = [tmp_path / f"{name}-{processes}.parquet" for name in ("grid", "found")]
        cells, found = map(str, outs[processes])
        shapes = [shape.id for shape in SHAPES[:2]]
        assert main([*words, "--layers", *shapes, "--processes", processes,
                     "--out-grid", cells, "--out-findings", found]) == 0  # fmt: skip
    for one, two in zip(outs["1"], outs["2"], strict=True):
        assert one.read_bytes() == two.read_bytes()
    cells, found = outs["1"]
    frame = read_table(cells, GRID)
    assert len(frame) == 2 * 45
    assert set(zip(frame["first"], frame["second"], strict=True)) == {PAIR}
    said = read_table(found, FINDINGS)
    assert len(said) == 2 * 5 * len(ORDER)
    assert said["evidence"].str.len().gt(0).all()


def test_one_probe_of_one_tuner_on_another_bench(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    here = f"{__name__}:open_bench"
    assert main([*words, "--layers", SHAPES[0].id, "--tuners", "published", "--bench", here,
                 "--probes", "unequal"]) == 0  # fmt: skip
    assert f"published on {SHAPES[0].id}: unequal: not_found:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        (["--layers", "E9"], "--layers"),
        (["--layers", SHAPES[0].id, "--tuners", "publishd"], "--tuners"),
        (["--layers", SHAPES[0].id, "--probes", "coins"], "--probes"),
        (["--layers", SHAPES[0].id, "--bench", "nowhere"], "package.module:function"),
    ],
)
def test_bad_input_is_one_line(
    words: list[str], more: list[str], wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, *more]) == 2
    assert wanted in capsys.readouterr().err


def test_recorded_trials_know_one_set_of_conditions() -> None:
    of = layer()
    assert bench(of).truth(Problem(of.cell(64))) == pytest.approx(of.us[2])
