"""How entry modules end."""

from __future__ import annotations

import pytest

from scripts.lib.files import InputError
from scripts.lib.log import run_main


def test_a_good_end_is_0() -> None:
    done = []
    assert run_main(lambda: done.append(True)) == 0
    assert done == [True]


def test_bad_input_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    def body() -> None:
        raise InputError("a.json: not found")

    assert run_main(body) == 2
    assert capsys.readouterr().err == "error: a.json: not found\n"


def test_ctrl_c_is_one_line_and_status_130(capsys: pytest.CaptureFixture[str]) -> None:
    def body() -> None:
        raise KeyboardInterrupt

    assert run_main(body) == 130
    assert capsys.readouterr().err.strip().startswith("interrupted; ")


def test_a_defect_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_main(lambda: print(1 // 0))
