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


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file or directory", "a.json"), "a.json: not found"),
        (IsADirectoryError(21, "Is a directory", "a"), "a: is a folder; name the file"),
        (PermissionError(13, "Permission denied", "a"), "a: cannot be opened (Permission denied)"),
        (OSError(28, "No space left on device"), "could not be written (No space left on device)"),
    ],
)
def test_what_ails_the_machine_is_one_line(
    error: OSError, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def body() -> None:
        raise error

    assert run_main(body) == 2
    said = capsys.readouterr().err
    assert words in said and said.startswith("error: ") and said.count("\n") == 1


def test_a_terminal_that_is_gone_is_left_to_who_called() -> None:
    def body() -> None:
        raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(BrokenPipeError):
        run_main(body)


def test_ctrl_c_is_one_line_and_status_130(capsys: pytest.CaptureFixture[str]) -> None:
    def body() -> None:
        raise KeyboardInterrupt

    assert run_main(body) == 130
    assert capsys.readouterr().err.strip().startswith("interrupted; ")


def test_a_defect_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_main(lambda: print(1 // 0))
