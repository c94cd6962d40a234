"""The suite on the small engine: every cell ends with a word, whatever becomes of its engine."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from scripts.lib.chain import read_chain
from scripts.matrix.levels.level import Word
from scripts.matrix.record import OBSERVED, key_of, record_of
from scripts.matrix.suite import said
from scripts.matrix.verdicts import State
from tests.matrix.conftest import Ran, run_small


def test_cells_pass_their_levels(ran: Ran) -> None:
    for name in ("again-1", "moe=marlin", "graphs=off", "attention=TRITON_ATTN+moe=marlin"):
        one = ran.judged[f"small/{name}"]
        assert one.state is State.VALID, one.reason
        assert all(one.levels[level].word is Word.PASSED for level in OBSERVED), name


def test_what_the_engine_refuses_as_was_said_is_not_supported(ran: Ran) -> None:
    one = ran.judged["small/inputs=fp8"]
    assert one.state is State.NOT_SUPPORTED
    assert "only support SM89" in one.reason


def test_a_planted_wrong_path_makes_the_numbers_invalid(ran: Ran) -> None:
    one = ran.judged["small/planted-wrong-path"]
    assert one.state is State.INVALID and one.metrics
    assert "must see marlin" in one.reason and "the log lacks Using 'MARLIN'" in one.reason


def test_regressions_fire_on_what_was_planted_and_not_on_the_baseline_again(ran: Ran) -> None:
    slower = ran.judged["small/planted-slower"].levels["regression"]
    heavier = ran.judged["small/planted-heavier"].levels["regression"]
    assert slower.word is Word.FAILED and "tg16 takes 1.04" in slower.reason
    assert heavier.word is Word.FAILED and heavier.reason == "1.20 GB more at the peak"
    for number in (1, 2):
        assert ran.judged[f"small/again-{number}"].levels["regression"].word is Word.PASSED


def test_features_that_only_multiply_do_not_interfere(ran: Ran) -> None:
    for name in ("attention=TRITON_ATTN+moe=marlin", "graphs=off+moe=marlin"):
        found = ran.judged[f"small/{name}"].levels["combinations"]
        assert found.word is Word.PASSED, found.reason


@pytest.mark.parametrize("fault", ["crash", "hang", "out_of_memory", "port_taken", "no_space"])
def test_planted_faults_have_their_outcome(ran: Ran, fault: str) -> None:
    one = ran.judged[f"small/planted-{fault.replace('_', '-')}"]
    assert one.state is State.OUTCOME and one.reason.startswith(f"{fault}: ")


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ("boot", "port_taken"),
        ("boot", "no_space"),
        ("path", "crash"),
        ("performance", "no_space"),
        ("round-1", "crash"),
    ],
)
def test_whatever_ends_an_engine_the_suite_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, fault: str
) -> None:
    wrong = {"small_moe-marlin": {where: fault}}
    ran = run_small(tmp_path, monkeypatch, wrong, levels=("smoke", "path", "performance"))
    level = "performance" if where.startswith("round") else where
    found = ran.record.of("small/moe=marlin", level)
    assert found is not None and found.outcome == fault and found.reason
    assert ran.judged["small/moe=marlin"].state is State.FAILED
    assert ran.record.of("small/graphs=off", "performance") is not None
    pair = ran.judged["small/graphs=off+moe=marlin"]
    if level == "performance":  # its path and its outputs are fine: what is built on it may run
        assert pair.metrics
    else:
        assert pair.state is State.GATED and "small/moe=marlin" in pair.reason


def test_a_round_has_every_engine_once_in_a_fresh_order(ran: Ran) -> None:
    bodies = [body for body in read_chain(ran.path) if "#round-" in str(body.get("key"))]
    orders: dict[str, list[str]] = {}
    for body in bodies:
        cell, _, level = str(body["key"]).partition("#")
        orders.setdefault(level, []).append(cell)
    first, *rest = orders.values()
    assert list(orders) == ["round-0", "round-1", "round-2"]
    assert "small/planted-slower" in first and "small/planted-wrong-path" in first
    assert all(sorted(one) == sorted(first) and len(set(one)) == len(one) for one in rest)
    assert all(one != first for one in rest)
    pp = [body["result"]["pp"] for body in bodies if body["key"].startswith("small/again-1#")]
    seen = ran.record.seen("small/again-1", "performance")
    assert seen is not None and seen["pp"] == pp and len(seen["tg"]["16"]) == len(pp)


def test_without_a_round_nothing_is_timed(ran: Ran) -> None:
    bodies = list(read_chain(ran.path))
    left = [body for body in bodies if not str(body.get("key")).startswith("small/again-1#round-")]
    assert record_of(left, "here").of("small/again-1", "performance") is None


def test_a_run_that_was_cut_off_goes_on_where_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = run_small(tmp_path, monkeypatch, levels=("smoke",), at_once=3).path
    before = path.read_text().splitlines()
    run_small(tmp_path, monkeypatch, levels=("smoke",), at_once=3)
    assert len(path.read_text().splitlines()) == len(before) + 1  # that it was started again
    more = run_small(tmp_path, monkeypatch, levels=("smoke", "path"), at_once=3)
    assert more.record.of("small/baseline", "path") is not None
    assert path.read_text().count(f'"{key_of("small/baseline", "smoke")}"') == 1


def test_nothing_is_begun_when_the_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run_small(tmp_path, monkeypatch, until=0.0)
    assert {one.state for one in ran.judged.values()} == {State.NOT_MEASURED}


def test_what_the_gates_hold_back_may_be_timed_and_stays_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"small_moe-marlin": {"stress": "crash"}}
    ran = run_small(tmp_path, monkeypatch, wrong, gates=False)
    pair = ran.judged["small/graphs=off+moe=marlin"]
    assert pair.metrics and pair.state is State.GATED
    assert pair.reason == "small/moe=marlin did not pass"


def test_the_log_says_what_an_engine_uses(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text(
        "INFO 11-29 [cuda.py:420] Using AttentionBackendEnum.FLASH_ATTN backend.\n"
        "INFO 11-29 [cuda.py:420] Using AttentionBackendEnum.FLASH_ATTN backend.\n"
        "INFO 11-29 [x.py:1] [EP Rank 0/2] Expert parallelism is enabled.\nINFO other\n"
    )
    assert said(log) == [
        "Using AttentionBackendEnum.FLASH_ATTN backend.",
        "[EP Rank 0/2] Expert parallelism is enabled.",
    ]
    assert said(tmp_path / "none") == []


def test_a_round_that_does_not_fit_is_not_begun_and_faults_still_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time is left for the rest, but not for a round beside what is kept for the faults."""
    until = time.monotonic() + 60
    ran = run_small(tmp_path, monkeypatch, until=until, faults_s=60.0, levels=("performance",))
    assert not any("#round-" in str(body.get("key")) for body in read_chain(ran.path))
    for fault in ("crash", "port-taken", "no-space"):
        assert ran.judged[f"small/planted-{fault}"].state is State.OUTCOME
