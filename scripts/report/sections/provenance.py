"""Where the results come from: runs, recorded files, packages, the upstream commit."""

from __future__ import annotations

from typing import Any

from scripts.report.recording import provenance, read_recording
from scripts.report.section import Origin, Section, Source, Summary
from scripts.report.traced import count

RUNS = Source(
    "runs",
    Origin("data/recorded/measured/", "python -m scripts.ledger.consolidate"),
    read_recording,
    list,
)
# Where the compiled binaries are recorded: dozens of tables, counted rather than listed.
COMPILED = "data/recorded/space/"


def values(summary: Summary) -> dict[str, Any]:
    """The recorded files that are listed, and how many others there are."""
    datasets = summary["provenance"]["datasets"]
    return {
        "datasets": {path: digest for path, digest in datasets.items() if COMPILED not in path},
        "compiled": count([path for path in datasets if COMPILED in path]),
        "compiled_folder": COMPILED,
    }


SECTION = Section(
    "provenance",
    about="recorded files with their hashes, runs and packages",
    do="`make` rebuilds all of it; `graphx trace --list` has the table and the command of "
    "each number.",
    origins={
        "provenance": [RUNS],
        "provenance/datasets": [Origin("data/recorded/SHA256SUMS", "make record")],
        "provenance/packages": [Origin("envs/analysis.lock.txt", "make lock")],
        "provenance/upstream_commit": [Origin("data/upstream.yaml")],
        "statistics": [Origin("rules/report.smk")],
        "statistics/margin": [Origin("data/spec.yaml")],
    },
    build=lambda read: {"provenance": provenance(read["runs"])},
    values=values,
)
