"""All that is said of one config file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.formats import SCHEMES
from scripts.health.config_file import read_config_file
from scripts.health.finding import Verdict
from scripts.health.history import history_findings
from scripts.health.lookup import found_by, lookup_findings
from scripts.health.measured import measured_findings, outdone
from scripts.health.predicted import Known, predicted_findings
from scripts.health.trials import Decided

if TYPE_CHECKING:
    from scripts.health.measure import Bench


@dataclass(frozen=True)
class Evidence:
    """What files are held against. ``margin``: of a measured loss, as 0.05."""

    histories: Mapping[str, Path]
    triton: str
    margin: float
    model: Path
    spaces: Path
    shapes: Path
    expected: Path

    @cached_property
    def known(self) -> Known:
        """What predictions come from."""
        return Known(self.model, self.spaces, self.shapes, self.expected)


def check(path: Path, folder: Path, evidence: Evidence, bench: Bench | None = None) -> Verdict:
    """Of a file below ``folder``; with a ``bench`` its rows meet their rivals there.

    InputError if it, or a table of the evidence, cannot be read, or if it cannot be measured there.
    """
    file, findings = read_config_file(path)
    findings += lookup_findings(file)
    findings += history_findings(file, evidence.histories, evidence.triton)
    findings += predicted_findings(file, evidence.known, set(SCHEMES))
    tried: Sequence[Decided] = ()
    if bench is not None:
        # Imported here: torch and Triton take seconds, and files are checked without them.
        from scripts.health.measure import measured_now  # noqa: PLC0415

        tried, found = measured_now(file, evidence.known, evidence.histories, bench)
        findings += found
    findings += [outdone(one, tried) for one in measured_findings(file, evidence.margin)]
    name = path.name if path == folder else path.relative_to(folder).as_posix()
    return Verdict(name, found_by(file), len(file.configs), tuple(findings), tried)
