"""Rates of found and falsely found, counted again by hand."""

from pathlib import Path

import pytest
from scipy.stats import binom

from scripts.audit.faults import STRENGTHS, Fault
from scripts.audit.finding import Finding, judged
from scripts.audit.injected import (
    ANY,
    NONE,
    OWN,
    TOKENS,
    Injection,
    between,
    inject,
    main,
    plan,
    rate,
    split_of,
)
from scripts.audit.noise import Noise
from scripts.audit.probes import ORDER
from scripts.lib.files import InputError
from tests.audit.invented import layer, noise_table


def test_plan_holds_every_fault_in_every_strength_under_numbers_of_their_own() -> None:
    runs = plan(7, 2)
    assert [one.run for one in runs] == list(range(len(runs)))
    assert len(runs) == 7 + 2 * sum(len(every) for every in STRENGTHS.values())
    assert {one.fault for one in runs} == {None, *Fault}


def test_table_of_a_few_runs() -> None:
    runs = [Injection(None, None, at) for at in range(3)]
    runs += [Injection(Fault.UNEQUAL, 0.1, 3 + at) for at in range(2)]
    frame, split = inject([layer()], Noise(noise_table()), runs, 1, 1)
    assert split.empty  # one layer has no halves
    clean = frame[frame["fault"] == NONE].set_index("probe")
    assert list(clean.index) == [*ORDER, ANY]
    assert (clean["runs"] == 3).all()
    assert (clean["found"] == 0).all()
    own = frame[frame["fault"] == Fault.UNEQUAL]
    assert own[["probe", "runs", "found", "rate"]].to_numpy().tolist() == [["unequal", 2, 2, 1.0]]
    assert (frame["device"] == layer().device).all()
    pooled = frame.iloc[-1]
    assert (pooled["fault"], pooled["probe"], pooled["runs"], pooled["found"]) == (ANY, OWN, 2, 2)
    # Four of 96 tactics, or of the 48 that there are, on each of five problems.
    assert own["smallest"].item() == pytest.approx(1 / (TOKENS * 48))
    again, _ = inject([layer()], Noise(noise_table()), runs, 1, 2)
    assert again.equals(frame)


def finding(score: float) -> Finding:
    return judged(score > 1, "", score, 1.0, score=score)


def test_a_threshold_of_one_half_is_judged_on_the_other() -> None:
    """Two layers by turns; scores by hand: even 0.4 clean, 0.9 with the fault; odd 0.7, 0.8, 2."""
    runs = [Injection(None, None, at) for at in (0, 1, 3)]
    runs += [Injection(Fault.COIN_FLIPS, 1.0, at) for at in (4, 5, 7)]
    scores = [0.4, 0.7, 0.1, 0.9, 0.8, 2.0]
    said = [{"coin_flips": finding(one), "uncovered": judged(False, "", 0, 1)} for one in scores]
    first, second = split_of(runs, said, 2)
    assert (first["set_on"], first["judged_on"]) == ("even", "odd")
    assert first["factor"] == pytest.approx((0.4 * 0.9) ** 0.5)  # 0.6
    assert (first["clean"], first["alarms"], first["runs"], first["found"]) == (2, 1, 2, 2)
    assert (first["alarms_in_use"], first["found_in_use"]) == (0, 1)
    assert second["factor"] == pytest.approx((0.7 * 0.8) ** 0.5)
    assert (second["alarms"], second["found"], second["found_in_use"]) == (0, 1, 0)


def test_where_both_overlap_no_clean_tuner_is_called_faulty() -> None:
    assert between(0.5, 0.3) == 0.5
    assert between(0.0, 3.0) == 1.5


@pytest.mark.parametrize(("hits", "runs"), [(0, 40), (3, 40), (40, 40)])
def test_interval_is_exact(hits: int, runs: int) -> None:
    found = rate([True] * hits + [False] * (runs - hits))
    assert found["rate"] == hits / runs
    if hits:
        assert binom.sf(hits - 1, runs, found["low"]) == pytest.approx(0.025)
    if hits < runs:
        assert binom.cdf(hits, runs, found["high"]) == pytest.approx(0.025)


def test_no_layer_is_long_enough() -> None:
    with pytest.raises(InputError, match="at 5 numbers of tokens"):
        inject([], Noise(noise_table()), plan(1, 1), 1, 1)


def test_bad_numbers_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for name in ("trials", "cells", "spaces", "noise", "out", "out-split")
             for word in (f"--{name}", str(tmp_path / name))]  # fmt: skip
    assert main([*words, "--seed", "1", "--clean", "0", "--runs", "1"]) == 2
    assert "--clean is 0; the least is 1" in capsys.readouterr().err
