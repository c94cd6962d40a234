"""dvc.yaml is what the rules say, and each rule knows the code that it runs."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.workflow.tree import FLOW, ROOT, Clone, rules_of

pytestmark = pytest.mark.workflow

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
RULES = {
    text.partition(":")[0]: text
    for phase in FLOW
    for text in re.split(r"^rule ", rules_of(phase), flags=re.MULTILINE)[1:]
}
# A sweep goes on from its ledger, whatever became of the code since.
WITHOUT_CODE = {"measure_sweep"}


def test_stages_are_written_from_the_rules(made: Clone) -> None:
    before = (made.path / "dvc.yaml").read_text(encoding="utf-8")
    made.run("python", "rules/stages.py")
    assert (made.path / "dvc.yaml").read_text(encoding="utf-8") == before, "run `make stages`"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_has_one_folder_of_tables(stage: str) -> None:
    outs = [name for out in STAGES[stage]["outs"] for name in out]
    tables = [name for name in outs if name.startswith("results/tables")]
    assert tables in ([], [f"results/tables/{stage}"])


@pytest.mark.parametrize("rule", [name for name, text in RULES.items() if "script=" in text])
def test_the_script_of_a_rule_is_the_one_whose_imports_it_follows(rule: str) -> None:
    script = re.search(r'script="([^"]+)"', RULES[rule])
    followed = re.search(r'code=code\(\s*"([^"]+)"', RULES[rule])
    assert script is not None
    assert (followed is None) == (rule in WITHOUT_CODE)
    assert followed is None or followed[1] == script[1]
