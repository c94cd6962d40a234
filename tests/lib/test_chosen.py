"""Every number that steers searches or predictions is listed with what it was chosen on."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from scripts.lib import chosen
from scripts.lib.chosen import CHOSEN, Chosen, On, constants, values
from scripts.lib.files import InputError

# Numbers at the top of modules that steer no search and no prediction, by file: formats, words,
# limits of the compiler, what is asked by default, how results are read off, other tools' searches.
STEER_NOTHING = {
    "scripts/sim/errors.py": set(),
    "scripts/sim/evaluate.py": {"_POINTS"},
    "scripts/sim/kernel_file.py": {"_DEADLINE_S", "_LONGEST"},
    "scripts/sim/learned/forest.py": {"_ALL", "_ROWS"},
    "scripts/sim/learned/grow.py": {"_DIGITS"},
    "scripts/sim/metrics.py": {"TOPS"},
    "scripts/sim/options.py": {"ROOT"},
    "scripts/sim/request.py": {"DEFAULT_TOKENS", "_FEW_TOKENS"},
    "scripts/sim/retrain.py": {"REFUSED"},
    "scripts/sim/simulator.py": {"FORMAT"},
    "scripts/sim/stamped.py": {"_ASKED_AGAIN", "_SAME"},
    "scripts/sim/throughput.py": {"_SIZES", "_REPEATS"},
    "scripts/transfer/choices.py": {"MEDIUM_TILE"},
    "scripts/transfer/contest/field.py": {"TRIALS"},
    "scripts/transfer/contest/ours.py": {"EIGHT"},
    "scripts/transfer/gain.py": {
        "_FAR",
        "_JITTER",
        "_FEW",
        "_ROUNDING",
        "_FIRST",
        "_LAST",
        "_STEPS",
    },
    "scripts/transfer/merit.py": {"_RIDGE"},
    "scripts/transfer/oracle.py": {"NOT_RECORDED"},
    "scripts/transfer/reading.py": {"CUTOFF"},
    "scripts/transfer/recording.py": {"SAMPLES_A_LOOK"},
    "scripts/transfer/rivals/optuna_search.py": {"PATIENCE"},
    "scripts/transfer/rivals/record.py": {"TRIALS"},
    "scripts/transfer/strategies/default_heuristic.py": {"_BLOCK_SCALED_CONFIG"},
    "scripts/transfer/surrogate.py": {"_ROWS", "_LEAST_VARIANCE"},
}
FILES = sorted(
    path.as_posix()
    for phase in ("sim", "transfer")
    for path in Path("scripts", phase).rglob("*.py")
)


def numbered(file: str) -> set[str]:
    """Constants whose value, as written, has a number outside of its texts and names."""
    found = set()
    for name, value in constants(file).items():
        nodes = ast.walk(ast.parse(value)) if not value.endswith(" entries") else []
        kinds = [type(node.value) for node in nodes if isinstance(node, ast.Constant)]
        if {int, float} & set(kinds) or value.endswith(" entries"):
            found.add(name)
    return found


@pytest.mark.parametrize("file", FILES)
def test_a_number_is_listed_or_steers_nothing(file: str) -> None:
    listed = {name for one in CHOSEN if one.file == file for name in one.names}
    plain = STEER_NOTHING.get(file, set())
    assert not listed & plain
    texts = {name for name, value in constants(file).items() if value.endswith(" entries")}
    assert numbered(file) - listed - plain <= texts - {"OPEN"}, "list it in scripts/lib/chosen.py"


def test_nothing_is_listed_twice_or_gone() -> None:
    found = [(name, file) for name, _, file, _ in values()]
    assert len(set(found)) == len(found) == sum(len(one.names) for one in CHOSEN)


def test_values_are_those_that_are_imported() -> None:
    from scripts.transfer import library, merit
    from scripts.transfer.strategies.s5_neighbours import SHARE

    written = {(file, name): value for name, value, file, _ in values()}
    assert float(written["scripts/transfer/library.py", "MOST_REGRET"]) == library.MOST_REGRET
    assert float(written["scripts/transfer/merit.py", "_ORIGIN"]) == merit._ORIGIN
    assert float(written["scripts/transfer/strategies/s5_neighbours.py", "SHARE"]) == SHARE
    lengths = re.findall(r"[\d.]+", written["scripts/transfer/library.py", "SIMILAR_LAYERS"])
    alike = library.SIMILAR_LAYERS
    assert [float(one) for one in lengths] == [*alike.lengths.tolist(), alike.other_scheme]


def test_a_constant_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Chosen("scripts/transfer/library.py", ("LEAST_REGRET",), On.PRIOR)
    monkeypatch.setattr(chosen, "CHOSEN", (gone,))
    with pytest.raises(InputError, match=r"library.py: lacks LEAST_REGRET, which .*chosen.py"):
        list(values())
