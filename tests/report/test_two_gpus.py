"""A second recorded GPU adds keys and rows; what is said of the first stays as it was."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scripts.report import html, results_md, summary
from scripts.report.metrics import metrics
from scripts.report.readme import with_figures
from scripts.report.sections import ROWS, summary_sources
from scripts.report.trace import sentences_differ, traced_summary
from tests.report import again, planted_live
from tests.report.conftest import summary_arguments
from tests.report.written import DATASET, GATE, RUNS
from tests.statistics.study import DEVICE, SOURCES

SECOND = "NVIDIA_B200"  # before the first in any order of names
RENAMED = {DEVICE: SECOND, "nvidia_h200": "nvidia_b200", "H200": "B200"}
ROW = re.compile(r"\| (?!G5)")  # G5 counts sentences
NAMES = {"dataset", "run"}
TWINS = {name: f"{name}-2" for name in (again.SECOND, planted_live.RUN)}
# Lists: what is said of the first stays, in its order.
SAID = {"claims", "readings", "evidence", "evidence_sets"}


def second(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of the same table as if another GPU had been recorded, where they name one."""
    texts = frame.select_dtypes(include=["object", "string"]).astype(object)
    renamed = texts.apply(lambda column: column.map(_renamed))
    for name in NAMES & set(renamed):  # no two recordings have the same name
        renamed[name] = renamed[name].replace(TWINS)
    changed = ((renamed != texts) & texts.notna()).any(axis=1)
    return frame.assign(**{name: renamed[name] for name in renamed})[changed]


def _renamed(value: Any) -> Any:
    if isinstance(value, str):
        for old, new in RENAMED.items():
            value = value.replace(old, new)
    return value


@pytest.fixture(scope="module")
def both(inputs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The summary of the study and of its twin on another GPU."""
    return summary_of_both(inputs, tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="module")
def partial(inputs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """As ``both``, where of the twin only a part was recorded."""
    return summary_of_both(inputs, tmp_path_factory.mktemp("partial"), in_part)


def in_part(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table on a GPU where few cells had finals, none of them by the family left out."""
    if name == "quality":
        return frame.iloc[:0]
    if name == "teaching":
        return frame[frame["taught"] != "family_out"]
    if name == "headline":
        judged = (frame["choice"] != "searched") | (frame["metric"] == "trials")
        return frame[(judged | (frame["group"] == "all")) & (frame["choice"] != "best")]
    if name == "live_rates":
        single = frame[~frame["source"].isin(["together", "any"])]
        none = frame["source"] == single["source"].min()
        return frame[~none & ((frame["group"] == "all") | (frame["metric"] == "trials"))]
    return frame


def summary_of_both(
    inputs: dict[str, Path],
    folder: Path,
    recorded: Callable[[str, pd.DataFrame], pd.DataFrame] = lambda _, frame: frame,
) -> dict[str, Any]:
    """The summary of the tables and of what was ``recorded`` of their twins, by name and rows."""
    paths = dict(inputs)
    for source in summary_sources():
        # Which spaces are compiled is chosen, whatever is recorded.
        compiled = ".space." in f"{source.origin.command}"
        if inputs[source.name].suffix == ".parquet" and not compiled:
            table = pq.read_table(inputs[source.name])
            frame = table.to_pandas()
            there = recorded(source.name, second(frame))
            twin = pd.concat([there, frame], ignore_index=True)
            paths[source.name] = folder / inputs[source.name].name
            pq.write_table(
                pa.Table.from_pandas(twin, table.schema, preserve_index=False), paths[source.name]
            )
    other = folder / _renamed(DATASET) / "runs.json"
    other.parent.mkdir()
    other.write_text(_renamed(json.dumps(RUNS)))
    out = folder / "summary.json"
    arguments = summary_arguments(paths, out)
    arguments.insert(arguments.index(str(paths["runs"])) + 1, str(other))
    assert summary.main(arguments) == 0
    found: dict[str, Any] = json.loads(out.read_text())
    return found


@pytest.fixture(scope="module")
def one(summary_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(summary_path.read_text())
    return found


def changed(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Paths of what is lost or other."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            yield from changed(value, after.get(key), f"{path}/{key}")
    elif before != after:
        yield f"{path}: {before!r} -> {after!r}"


def test_every_key_of_the_first_gpu_stays(one: dict[str, Any], both: dict[str, Any]) -> None:
    figures = {name: part for name, part in one.items() if name not in SAID | {"guardrails"}}
    figures["provenance"] = figures["provenance"] | {"datasets": {}, "runs": []}
    after = both | {"provenance": both["provenance"] | {"runs": []}}
    lost = list(changed(figures, after))
    assert lost == [], "\n".join(lost)
    assert SECOND in both["measured"]


@pytest.mark.parametrize("name", sorted(SAID))
def test_every_sentence_stays_in_its_order(
    one: dict[str, Any], both: dict[str, Any], name: str
) -> None:
    left = iter(both[name])
    assert all(sentence in left for sentence in one[name])
    assert len(both[name]) > len(one[name])


def test_every_row_of_the_page_stays(one: dict[str, Any], both: dict[str, Any]) -> None:
    rows = [
        Counter(line for line in results_md.page(made).splitlines() if ROW.match(line))
        for made in (one, both)
    ]
    assert list((rows[0] - rows[1]).elements()) == []
    assert sum(rows[1].values()) > sum(rows[0].values())


def test_a_gpu_recorded_in_part_is_on_every_page(partial: dict[str, Any]) -> None:
    assert partial["measured"][SECOND]["quality"] == {}
    assert set(partial["teaching"][SECOND]) == {"layer_out"}
    (first_source, *_) = sorted(SOURCES)
    assert f"{first_source}->{SECOND}" not in partial["live"]
    assert not {"schemes", "regimes", "power"} & set(partial["live_details"][SECOND]["any"])
    markdown = results_md.pages(partial)
    assert "B200" in markdown["RESULTS.md"]
    assert "## Searches on the GPU: B200" in markdown["details/live.md"]
    page = html.page(partial, [], {**{name: [] for name in ROWS}, "gate": GATE}, [])
    assert page.endswith("</html>\n")
    readme = Path("README.md").read_text(encoding="utf-8")
    assert with_figures(readme, partial)
    assert metrics(partial)
    assert list(sentences_differ(partial, traced_summary(partial))) == []
