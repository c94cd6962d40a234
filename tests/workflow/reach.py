"""What a change reaches, by the files that rules read and make and the parameters they look up."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable
from types import ModuleType

from tests.workflow.tree import FLOW, ROOT, rules_of


def _stages() -> ModuleType:
    """rules/stages.py, which lies in no package."""
    spec = importlib.util.spec_from_file_location("stages", ROOT / "rules/stages.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["stages"] = module
    spec.loader.exec_module(module)
    return module


def phases_of(rules: Iterable[str]) -> set[str]:
    return {rule.partition("_")[0] for rule in rules}


class Reach:
    """The rules of a build of the tree in the current folder, and who reads what they make."""

    def __init__(self) -> None:
        stages = _stages()
        plan, self._shared = stages.outputs(), stages.Shared()
        self.inputs = {made.rule: made.inputs for made in plan.values()}
        self._readers: dict[str, set[str]] = {rule: set() for rule in self.inputs}
        for rule, files in self.inputs.items():
            for file in files & set(plan):
                self._readers[plan[file].rule].add(rule)
        self._texts = {
            text.partition(":")[0]: text
            for phase in FLOW
            for text in re.split(r"^rule ", rules_of(phase), flags=re.MULTILINE)[1:]
        }

    @property
    def phases(self) -> set[str]:
        """Those of a build."""
        return phases_of(self.inputs)

    def asking(self, parameter: str) -> set[str]:
        """Rules that look up a parameter, such as ``transfer.seeds``."""
        return {
            rule for rule in self.inputs if parameter in self._shared.parameters(self._texts[rule])
        }

    def reading(self, file: str) -> set[str]:
        """Rules with this input."""
        return {rule for rule, files in self.inputs.items() if file in files}

    def after(self, rules: Iterable[str]) -> set[str]:
        """Phases of the rules and of all that read what they make, directly or not."""
        waiting, seen = list(rules), set()
        while waiting:
            rule = waiting.pop()
            if rule not in seen:
                seen.add(rule)
                waiting += self._readers[rule]
        return phases_of(seen)
