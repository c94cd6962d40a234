"""What a section of the results is: the files it reads, its figures, its words, its part of a page.

A section is a file or a folder in scripts.report.sections. Beside it lie its templates, named as it
is: ``NAME.md.j2`` for RESULTS.md, ``NAME.html.j2`` for the page to browse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.lib.files import InputError, read_json
from scripts.lib.tables import Table, read_table

if TYPE_CHECKING:
    import pandas as pd

    Frame = pd.DataFrame
else:
    Frame = Any  # pandas is slow to import, and rules read the sections too

TABLES = "results/tables/"
FOLDER = Path(__file__).parent  # of the templates, those of the sections among them
Summary = dict[str, Any]
Figure = dict[str, Any]
Frames = Mapping[str, Any]
Rows = list[dict[Any, Any]]


@dataclass(frozen=True)
class Origin:
    """A file, or a folder's name with a slash, and the command that makes it.

    Without a command it is the source of a constant.
    """

    file: str
    command: str | None = None

    @property
    def name(self) -> str:
        """How pages call it: tables without their folder."""
        if not self.file.startswith(TABLES):
            return self.file
        return PurePosixPath(self.file).name + "/" * self.file.endswith("/")


@dataclass(frozen=True)
class Source:
    """A file that sections read by its name, or all of those in a folder of that name.

    ``read`` makes of each what ``build`` sees, ``join`` one thing of several; without it there is
    one file.
    """

    name: str
    origin: Origin
    read: Callable[[Path], Any]
    join: Callable[[list[Any]], Any] | None = None

    @property
    def derived(self) -> bool:
        """Whether the workflow makes it of other files."""
        return self.origin.file.startswith(TABLES)


class Candidate(NamedTuple):
    """A claim to be made if the summary has a figure at ``metric``; braces stand for the figure."""

    metric: str
    table: Source
    sentence: str


@dataclass(frozen=True)
class Headline:
    """What the first page is about."""

    sources: tuple[str, ...]
    gap_pair: str


class Finding(NamedTuple):
    """What was found, for who reads nothing else: what it is about, and a sentence without its end.

    ``group``: which of the first page's it stands in, see scripts.report.sections.first. Code is in
    backticks.
    """

    lead: str
    text: str
    group: str


class Browsable(NamedTuple):
    """Rows of the page to browse: the tables that they are made of, and how."""

    tables: tuple[Source, ...]
    make: Callable[..., Any]


def _nothing(*_: Any) -> Any:
    return {}


@dataclass(frozen=True)
class Section:
    """One topic; what it leaves out it has not.

    ``about``: what its page answers, in half a line, for who looks for something. ``found``: what
    it begins with, or else its readings, and ``do``: what a reader does with it.
    ``origins``: path of figures in the summary -> where they come from; parts of a path by "/",
    "*" for any one; the longest that a path begins with holds. The sources among them are what
    ``build`` gets, with those that it ``needs`` besides; its result is merged into the summary.
    ``derive`` gets the summary so far and adds what follows from other sections. ``values`` is what
    templates want beside the summary, ``words`` their constants. ``phrases``: numbers that its page
    holds without a figure behind them, each with the reason (see scripts.report.allowed).
    ``within``: the section in whose template it stands. ``links``: ids of the page to browse, as
    its menu calls them, if not by the name.
    """

    name: str
    about: str = ""
    do: str = ""
    found: Callable[[Summary], Iterable[Finding]] = _nothing
    origins: Mapping[str, Sequence[Origin | Source]] = field(default_factory=dict)
    needs: tuple[Source, ...] = ()
    build: Callable[[Frames], Summary] = _nothing
    derive: Callable[[Summary], Summary] = _nothing
    claims: Callable[[Summary, Headline], Iterable[Candidate]] = _nothing
    readings: Callable[[Summary, Headline], Iterable[str]] = _nothing
    values: Callable[[Summary], Mapping[str, Any]] = _nothing
    words: Mapping[str, Any] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)
    captions: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Browsable] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    within: str | None = None

    @property
    def menu(self) -> Mapping[str, str]:
        """Id on the page to browse -> what the menu calls it."""
        return self.links or {self.name: self.name.capitalize()}

    @property
    def sources(self) -> list[Source]:
        """What ``build`` reads."""
        every = (one for found in self.origins.values() for one in found)
        found = (one for one in every if isinstance(one, Source))
        return list(dict.fromkeys((*found, *self.needs)))


def with_template(sections: Iterable[Section], kind: str) -> list[Section]:
    """Those that have a template of the kind, such as ``md.j2``."""
    names = {path.name for path in FOLDER.rglob(f"*.{kind}")}
    return [one for one in sections if f"{one.name}.{kind}" in names]


def _phase(module: str) -> str:
    """Whose folder a table lies in: the phase of the module that makes it."""
    return module.partition(".")[0]


def made(name: str, module: str, schema: Table, *columns: str) -> Source:
    """A table of the workflow, by the module that makes it; only ``columns`` of it, if given."""
    return table(name, f"{TABLES}{_phase(module)}/{name}.parquet", module, schema, *columns)


def made_json(name: str, module: str, read: Callable[[Path], Any] = read_json) -> Source:
    """Findings of the workflow, by the module that makes them."""
    file = f"{TABLES}{_phase(module)}/{name}.json"
    return Source(name, Origin(file, f"python -m scripts.{module}"), read)


def table(name: str, file: str, module: str, schema: Table, *columns: str) -> Source:
    """A table, or all of one schema in a folder, whose name ends in a slash, read as one."""

    def joined(frames: list[Frame]) -> Frame:
        import pandas as pd  # noqa: PLC0415 - see Frame

        return pd.concat(frames, ignore_index=True)

    return Source(
        name,
        Origin(file, f"python -m scripts.{module}"),
        lambda path: read_table(path, schema, list(columns) or None),
        joined if file.endswith("/") else None,
    )


def read_files(paths: Sequence[Path], wanted: Iterable[Source]) -> dict[str, Any]:
    """What each source holds. InputError names one without a file, and a file without a source."""
    wanted = list(wanted)
    by_name: dict[str, list[Path]] = {source.name: [] for source in wanted}
    for path in paths:
        name = next((one for one in (path.stem, path.parent.name) if one in by_name), None)
        if name is None:
            raise InputError(f"{path}: no section reads it; leave it out of --tables")
        by_name[name].append(path)
    return {source.name: _read(source, by_name[source.name]) for source in wanted}


def _read(source: Source, paths: list[Path]) -> Any:
    if not paths or (source.join is None and len(paths) > 1):
        raise InputError(
            f"--tables: {len(paths)} files of {source.name}, where"
            f" {'one is' if source.join is None else 'some are'} wanted; {source.origin.command}"
        )
    found = [source.read(path) for path in paths]
    return found[0] if source.join is None else source.join(found)


def find(summary: Summary, metric: str) -> Any:
    """The value at a path such as ``transfer/A->B/S1/1/win``; None if it is not there."""
    value: Any = summary
    for key in metric.split("/"):
        value = value.get(key) if isinstance(value, dict) else None
    return value
