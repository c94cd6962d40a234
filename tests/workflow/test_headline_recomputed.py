"""The headline once more from the Parquet tables, by code that shares nothing with the product.

Only numpy, for the draws and the sums; scipy for one quantile of Student's t; the standard library
for the normal distribution. Figures and intervals have to agree with summary.json to its last
digit, and its page has to print them.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import t as student

from tests.workflow.tree import Clone

pytestmark = pytest.mark.workflow

SEED, RESAMPLES, LEVEL, MARGIN = 1, 10_000, 0.95, 0.01
TARGET = "NVIDIA_H200"
PAIRS = {"NVIDIA_H100_80GB_HBM3": "H100 80GB HBM3", "AMD_Instinct_MI300X": "MI300X"}
NORMAL = NormalDist()
Columns = dict[str, list[Any]]


def table(folder: Path, name: str, phase: str = "statistics") -> Columns:
    columns: Columns = pq.read_table(folder / f"results/tables/{phase}/{name}.parquet").to_pydict()
    return columns


def triples_of(folder: Path, source: str) -> list[dict[str, Any]]:
    """The pair's triples by file and batch, as the draws number them; the best beside the copy."""
    columns = table(folder, "triple_verdicts")
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    rows = [row for row in rows if (row["source"], row["target"]) == (source, TARGET)]
    gains = table(folder, "gains")
    keys = zip(gains["dataset"], gains["cell_id"], strict=True)
    names = ("ratio", "verdict", "low", "high")
    best = dict(zip(keys, zip(*(gains[name] for name in names), strict=True), strict=True))
    rates = table(folder, "aa_rates")
    sizes = zip(rates["dataset"], rates["tokens"], strict=True)
    errors = dict(zip(sizes, rates["error"], strict=True))
    for row in rows:
        error = errors[row["dataset"], row["tokens"]]
        same = row["carried_id"] == row["committed_id"]
        row["copied"] = (*(row[name] for name in names), 0.0 if same else error)
        row["best"] = (*best[row["dataset"], row["cell_id"]], error)
    return sorted(rows, key=lambda row: (row["source_file"], row["target_file"], row["tokens"]))


RATES = ("win_rate", "win_or_tie", "win", "loss", "within_2", "within_10")
WIDENED = ("win_widened", "loss_widened", "non_inferior_widened")


def marks(
    ratio: float | None, verdict: str | None, low: float | None, high: float | None, error: float
) -> dict[str, float]:
    """Rates of one triple: NaN where it is not judged; a failed copy is within nothing.

    ``error``: by which identical pairs of its batch size differ, a log ratio.
    """
    if verdict is None:
        return dict.fromkeys((*RATES, *WIDENED), np.nan)
    ends = np.array([low, high], dtype=float) * np.exp([-error, error])
    known = np.inf if ratio is None else ratio
    return {
        "win_rate": float(known <= 1),
        "win_or_tie": float(verdict in ("win", "tie")),
        "win": float(verdict == "win"),
        "loss": float(verdict == "loss"),
        "within_2": float(known <= 1.02),
        "within_10": float(known <= 1.10),
        "win_widened": float(ends[1] < 1 - MARGIN),
        "loss_widened": float(ends[0] > 1 + MARGIN or ratio is None),
        "non_inferior_widened": float(ends[1] <= 1 + MARGIN),
    }


def interval(values: np.ndarray, files: list[str], name: str) -> tuple[float, float]:
    """The widest of percentile and BCa, by row and by file; exact for a certain rate.

    The draws of a metric are those of all metrics of its pair: rows first, then files.
    """
    here = ~np.isnan(values)
    mean, n = values[here].mean(), int(here.sum())
    if mean in (0, 1):
        edge = ((1 - LEVEL) / 2) ** (1 / n)
        return (0.0, 1 - edge) if mean == 0 else (edge, 1.0)
    rng = np.random.default_rng([SEED, zlib.crc32(name.encode())])
    places = {file: place for place, file in enumerate(dict.fromkeys(files))}
    found = []
    for units in (np.arange(len(values)), np.array([places[file] for file in files])):
        sums = np.bincount(units, np.where(here, values, 0))
        counts = np.bincount(units, here)
        drawn = rng.integers(len(sums), size=(RESAMPLES, len(sums)))
        resampled = np.sort(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
        few = counts.sum() ** 2 / (counts**2).sum()
        z = student.ppf((1 + LEVEL) / 2, few - 1) * np.sqrt(few / (few - 1))
        equal = np.isclose(resampled, mean, rtol=1e-12, atol=0)
        share = (np.sum((resampled < mean) & ~equal) + equal.sum() / 2) / RESAMPLES
        left_out = (sums.sum() - sums) / (counts.sum() - counts)
        apart = left_out.mean() - left_out
        skew = (apart**3).sum() / (6 * (apart**2).sum() ** 1.5)
        bias = NORMAL.inv_cdf(share)
        for shares in (
            [NORMAL.cdf(end) for end in (-z, z)],
            [NORMAL.cdf(bias + (bias + e) / (1 - skew * (bias + e))) for e in (-z, z)],
        ):
            low, high = np.quantile(resampled, shares)
            found.append((high - low, low, high))
    _, low, high = max(found, key=lambda ends: ends[0])
    return low, high


@pytest.mark.parametrize("choice", ["copied", "best"])
@pytest.mark.parametrize("source", PAIRS)
def test_rates_and_their_intervals(made: Clone, source: str, choice: str) -> None:
    summary = json.loads((made.path / "results/summary.json").read_text())
    page = (made.path / "results/details/headline.md").read_text()
    rows = triples_of(made.path, source)
    files = [f"{row['source_file']} -> {row['target_file']}" for row in rows]
    found = [marks(*row[choice]) for row in rows]
    pair = f"{source}->{TARGET}"
    printed = []
    for metric in found[0]:
        values = np.array([one[metric] for one in found])
        low, high = interval(values, files, f"{pair} {choice} all")
        figure = summary["headline"][pair][choice]["all"][metric]
        here = [np.nanmean(values), low, high]
        assert [figure["mean"], *figure["ci"]] == [float(f"{x:.6g}") for x in here], metric
        assert figure["n"] == np.sum(~np.isnan(values))
        mean, low, high = (100 * x for x in (figure["mean"], *figure["ci"]))
        printed.append(f"{mean:.1f}% ({low:.1f}–{high:.1f})")
    assert all(text in page for text in printed)


def power_limited(folder: Path, dataset: str) -> set[str]:
    """Cells of a recording whose clock or finals fell behind by more than the margin of a win."""
    read = {
        name: pq.read_table(folder / f"data/recorded/measured/{dataset}/{name}.parquet").to_pydict()
        for name in ("cells", "trials", "finals")
    }
    cells, trials, finals = read["cells"], read["trials"], read["finals"]
    highest = max(clock for clock in cells["sm_clock_max_mhz"] if clock is not None)
    names = ("cell_id", "sm_clock_mhz", "sm_clock_max_mhz", "readings")
    found = set()
    for cell_id, median, most, readings in zip(*(cells[name] for name in names), strict=True):
        if readings is not None and (median if readings >= 3 else most) < 0.99 * highest:
            found.add(cell_id)
    swept = {}
    names = ("cell_id", "config_id", "outcome", "stopped_by", "median_us")
    for cell_id, config, outcome, stopped, us in zip(
        *(trials[name] for name in names), strict=True
    ):
        if outcome == "correct" and stopped != "slow":
            swept[cell_id, config] = us
    held: dict[tuple[str, str], list[float]] = {}
    for cell_id, config, us in zip(
        finals["cell_id"], finals["config_id"], finals["us"], strict=True
    ):
        held.setdefault((cell_id, config), []).append(us)
    slower: dict[str, list[float]] = {}
    for key, rounds in held.items():
        if key in swept:
            slower.setdefault(key[0], []).append(float(np.median(rounds) / swept[key]))
    by_finals = {name for name, logs in slower.items() if np.median(np.log(logs)) > np.log(1.01)}
    return found | by_finals


@pytest.mark.parametrize("source", PAIRS)
def test_power_limited_cells_are_judged_apart(made: Clone, source: str) -> None:
    summary = json.loads((made.path / "results/summary.json").read_text())
    rows = triples_of(made.path, source)
    (dataset,) = {row["dataset"] for row in rows}
    limited = power_limited(made.path, dataset)
    found = summary["headline"][f"{source}->{TARGET}"]["copied"]
    for part, inside in (("power_limited", True), ("not_power_limited", False)):
        mine = [row for row in rows if (row["cell_id"] in limited) == inside]
        wins = [marks(*row["copied"])["win_widened"] for row in mine]
        figure = found[part]["win_widened"]
        assert figure["n"] == np.sum(~np.isnan(wins))
        assert figure["mean"] == float(f"{np.nanmean(wins):.6g}")


@pytest.mark.parametrize("source", PAIRS)
def test_speed_up_of_winners(made: Clone, source: str) -> None:
    summary = json.loads((made.path / "results/summary.json").read_text())
    won = [1 / row["ratio"] - 1 for row in triples_of(made.path, source) if row["verdict"] == "win"]
    figures = summary["headline"][f"{source}->{TARGET}"]["copied"]["all"]
    quartiles = np.quantile(won, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
    names = ("speedup_winners", *(f"speedup_winners_{part}" for part in ("q1", "median", "q3")))
    expected = [float(f"{x:.6g}") for x in (np.mean(won), *quartiles)]
    assert [figures[name]["mean"] for name in names] == expected


def test_time_gaps_of_every_pair(made: Clone) -> None:
    summary = json.loads((made.path / "results/summary.json").read_text())
    columns = table(made.path, "triples", "corpus")
    keys = zip(columns["source"], columns["target"], strict=True)
    pairs: dict[str, list[float]] = {}
    for (source, target), days in zip(keys, columns["gap_days_last"], strict=True):
        pairs.setdefault(f"{source}->{target}", []).append(days)
    assert set(pairs) == set(summary["headline"])
    for pair, days in pairs.items():
        figure = summary["headline"][pair]["gap_days_last"]
        assert figure["n"] == len(days)
        assert figure["mean"] == pytest.approx(np.mean(days), rel=1e-5, abs=1e-9)


def test_quoted_intervals_cover_as_they_say_from_ten_files_on(made: Clone) -> None:
    columns = table(made.path, "coverage_study")
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    quoted = [row for row in rows if row["procedure"] == "decided"]
    covered = {
        (row["statistic"], row["correlation"], row["files"]): row["covered"]
        for row in quoted
        if row["files"] >= 10
    }
    assert len(covered) >= 12
    assert {row["studies"] for row in quoted} == {1000}
    assert {key: share for key, share in covered.items() if not 0.93 <= share <= 0.97} == {}
