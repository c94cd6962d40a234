"""The summary's form: any JSON comes back as it was, in lines that hold what fits."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from scripts.lib import json_lines

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=40,
)


@given(VALUES)
def test_it_reads_back_as_what_was_written(value: object) -> None:
    assert json.loads(json_lines.dumped(value)) == value


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert json_lines.dumped(turned) == json_lines.dumped(value)


def test_a_rate_with_its_interval_stands_on_a_line(tmp_path: Path) -> None:
    rate = {"mean": 0.5, "ci": [0.25, 0.75], "n": 12}
    json_lines.write(tmp_path / "summary.json", {f"pair {i}": {"win": rate} for i in range(9)})
    lines = (tmp_path / "summary.json").read_text().splitlines()
    assert sum('"ci":[0.25,0.75]' in line for line in lines) == 9
    assert max(map(len, lines)) <= json_lines.WIDTH
