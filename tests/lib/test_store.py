"""What travels has a budget; what exceeds it is named."""

import pytest

from scripts.lib.files import InputError
from scripts.lib.store import check_budget


def test_files_within_the_budget_are_counted_once(tmp_path):
    (tmp_path / "a").write_bytes(b"1234")
    assert check_budget([str(tmp_path / "a")] * 2, budget=4) == 4


def test_the_largest_of_too_many_bytes_is_named_first(tmp_path):
    for name, size in (("small", 1), ("large", 9)):
        (tmp_path / name).write_bytes(b"x" * size)
    with pytest.raises(InputError, match=r"are allowed; .* in MiB: \S*large 0\.0, \S*small"):
        check_budget([str(tmp_path / name) for name in ("small", "large")], budget=9)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(InputError, match="gone: could not be read"):
        check_budget([str(tmp_path / "gone")])
