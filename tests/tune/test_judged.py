"""Whose finals choose vLLM's rows in the end; without vLLM it is said, or refused."""

from __future__ import annotations

import math

import pytest

from scripts.lib.files import InputError
from scripts.lib.shape import parse_shape
from scripts.tune import judged as module
from scripts.tune.clock import Paused
from scripts.tune.judged import Judging, judged
from scripts.tune.options import AUTO, OP, TWO_GEMM

SHAPE = parse_shape("E8-N256-K512-top2-bf16")


def judging(judge: str) -> Judging:
    return Judging(judge, 0, math.inf, allow_busy=False, module="scripts.tune.run")


def test_without_vllm_auto_says_who_chose_and_op_is_refused_in_one_line(tmp_path):
    (line,) = judged(SHAPE, tmp_path, judging(AUTO))
    assert "two GEMMs: vLLM is not installed here" in line
    with pytest.raises(InputError, match=r"--judge op: vLLM is not installed here.*pip install"):
        judged(SHAPE, tmp_path, judging(OP))
    assert judged(SHAPE, tmp_path, judging(TWO_GEMM)) == []


def test_a_format_that_the_operator_does_not_take_is_left_to_the_two_gemms(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "installed", lambda: None)
    (line,) = judged(parse_shape("E8-N256-K512-top2-mxfp4_w4a16"), tmp_path, judging(AUTO))
    assert "not mxfp4_w4a16" in line


@pytest.mark.parametrize(("status", "error"), [(3, Paused), (4, InputError)])
def test_finals_that_are_not_whole_write_no_file(tmp_path, monkeypatch, status, error):
    monkeypatch.setattr(module, "installed", lambda: None)
    monkeypatch.setattr(module, "judge", lambda *_: (status, None))
    with pytest.raises(error):
        judged(SHAPE, tmp_path, judging(AUTO))


def test_finals_stand_beside_those_of_tuning_and_the_file_is_written_anew(tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(module, "installed", lambda: None)
    monkeypatch.setattr(
        module, "judge", lambda place, *rest: given.append((place, rest)) or (0, {"batches": []})
    )
    said = judged(SHAPE, tmp_path, judging(OP))[0]
    assert said == "vLLM's rows, chosen by its own operator in 0 s:"
    ((place, _),) = given
    assert (place.tuned, place.out) == (tmp_path, tmp_path)
    assert place.ledger == tmp_path / "op" / "ledger.jsonl"
    assert place.module == "scripts.tune.run"
