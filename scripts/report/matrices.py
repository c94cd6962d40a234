"""Two-way readings of the summary, as the tables of the pages want them: rows of cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.report.sim_words import ALL, DATASETS, HARDER, HELD_OUT, MODELS
from scripts.report.space_section import AGREEMENTS, DIFFERENCES

Section = Mapping[str, Any]


@dataclass(frozen=True)
class Matrix:
    """Named columns, and rows of a name and a cell for each column; None where there is none."""

    columns: list[str]
    rows: list[tuple[str, list[Any]]]


def spaces(space: Section) -> Matrix:
    """Schemes by GPUs; a cell is the space's entry in the summary."""
    schemes = sorted({scheme for entries in space.values() for scheme in entries})
    return Matrix(
        list(space), [(name, [entries.get(name) for entries in space.values()]) for name in schemes]
    )


def checked(correctness: Section) -> Matrix:
    """Schemes by machines; a cell is the entry of the layers checked there."""
    return spaces(correctness)


def cases(correctness: Section) -> dict[str, list[str]]:
    """Machine -> names of all cases that were checked there, in any scheme."""
    return {
        machine: sorted({case for entry in schemes.values() for case in entry["cases"]})
        for machine, schemes in correctness.items()
    }


def legality(pairs: Section) -> Matrix:
    """GPUs whose spaces were compiled, source by target; other sources have no row.

    A cell sums configs, legal and legal_carried over all schemes.
    """
    split = {tuple(pair.split("->")): schemes for pair, schemes in pairs.items()}
    targets = sorted({target for _, target in split})
    sources = [name for name in targets if name in {source for source, _ in split}]
    return Matrix(
        targets,
        [(source, [_total(split.get((source, name))) for name in targets]) for source in sources],
    )


def _total(schemes: Section | None) -> dict[str, int] | None:
    if schemes is None:
        return None
    names = ("configs", "legal", "legal_carried")
    return {name: sum(entry[name] for entry in schemes.values()) for name in names}


def sample(archs: Section) -> list[tuple[str, str, dict[str, int]]]:
    """(architecture, what differs, figures over all schemes): sums, and the largest differences."""
    found: dict[tuple[str, str], list[Section]] = {}
    for arch, schemes in archs.items():
        for entries in schemes.values():
            for differs, entry in entries.items():
                found.setdefault((arch, differs), []).append(entry)
    return [
        (
            arch,
            differs,
            {name: sum(entry[name] for entry in entries) for name in ("binaries", *AGREEMENTS)}
            | {name: max(entry[name] for entry in entries) for name in DIFFERENCES},
        )
        for (arch, differs), entries in sorted(found.items())
    ]


def guardrails(found: Section) -> list[str]:
    """Names of the guardrails: rules of conduct, the fail-safe, the conditions of the end."""
    return sorted(found, key=lambda name: ("GFE".index(name[0]), name))


def readings(section: Section) -> list[tuple[str, str, str, str, Section]]:
    """(dataset, held out, scheme, model, figures) of every reading of one GPU's simulator.

    The reading that stands for the GPU comes first, then what it is compared with.
    """
    found = section["readings"]
    return [
        (dataset, held_out, scheme, model, found[dataset][held_out][scheme][model])
        for dataset in sorted(found, key=list(DATASETS).index)
        for held_out in sorted(found[dataset], key=(HELD_OUT, HARDER).index)
        for scheme in sorted(found[dataset][held_out], key=lambda name: (name != ALL, name))
        for model in sorted(found[dataset][held_out][scheme], key=list(MODELS).index)
    ]
