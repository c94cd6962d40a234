"""Templates and the filters that write numbers in them.

What is printed and what a filter makes of it keeps its place, if it is traced
(scripts.report.traced): where Jinja's own filter would lose it, one here stands in its stead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import jinja2.filters
from markupsafe import Markup

from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.report import wording
from scripts.report.section import FOLDER, Section, Summary, with_template
from scripts.report.traced import TracedStr, count, derived, mark, places, taken

_CONVERSION = re.compile(r"%(?:%|([-+ #0]*\d*(?:\.\d+)?[dfegs]))")


def shown(value: Any) -> Any:
    """A value as it is printed."""
    if isinstance(value, TracedStr):
        return mark(str(value), places(value))
    return value if isinstance(value, str | Markup) else format(value)


def printf(pattern: str, *figures: Any) -> str:
    """Jinja's ``format``, each figure formatted by itself."""
    left = iter(figures)

    def converted(match: re.Match[str]) -> str:
        return "%" if match[1] is None else format(next(left), match[1].rstrip("s"))

    return _CONVERSION.sub(converted, pattern)


def default(value: Any, instead: Any = "", boolean: bool = False) -> Any:
    """Jinja's ``default``; what is said of something absent comes from where it would stand."""
    if isinstance(value, jinja2.Undefined):
        return derived(instead, _absent(value))
    return value or instead if boolean else value


def _absent(value: jinja2.Undefined) -> frozenset[str]:
    return frozenset(f"{path}/{value._undefined_name}" for path in places(value._undefined_obj))


@jinja2.pass_eval_context
def join(context: Any, items: Any, separator: str = "", attribute: str | None = None) -> str:
    """Jinja's ``join``."""
    found: str = jinja2.filters.do_join(context, map(shown, items), separator, attribute)
    return found


def _taking(choose: Callable[..., Iterable[Any]]) -> Callable[..., list[Any]]:
    """Jinja's ``select`` and its like; of nothing taken the number comes from somewhere, too."""

    @jinja2.pass_context
    def chosen(context: Any, items: Iterable[Any], *how: Any) -> list[Any]:
        there = taken(items, items) if isinstance(items, list) else list(items)
        return taken(choose(context, there, *how), there)

    return chosen


def _listed(items: Iterable[Any]) -> list[Any]:
    return taken(items, items) if isinstance(items, list | dict) else list(items)


def whole(value: Any, instead: int = 0) -> int:
    """Jinja's ``int``."""
    found: int = derived(jinja2.filters.do_int(value, instead), places(value))
    return found


def render_page(
    template: str,
    topics: Mapping[str, Sequence[Section]],
    summary: Summary,
    given: Mapping[str, Any],
    escape: bool,
) -> str:
    """Fill the frame of a page and, in it, the template of each section that has one of its kind.

    ``given``: what templates want besides the summary and the sections' own values. The frame gets
    ``topics``, each with its ``id``, ``title`` and ``sections``; ``menu`` has what each section is
    called; ``within`` has the templates that
    stand in another's, by the section's name.
    """
    kind = template.partition(".")[2]
    there = {topic: with_template(sections, kind) for topic, sections in topics.items()}
    every = [section for sections in there.values() for section in sections]
    within: dict[str, list[str]] = {}
    for one in every:
        within.setdefault(one.within or "", []).append(f"{one.name}.{kind}")
    values = {name: value for one in every for name, value in one.values(summary).items()}
    frame = {
        "summary": summary,
        "within": within,
        "menu": {one.name: next(iter(one.menu.values())) for one in every},
        "topics": [
            {"id": re.sub(r"\W+", "-", f"topic {topic}".lower()), "title": topic, "sections": found}
            for topic, found in there.items()
            if found
        ],
    }
    return render(template, escape, **{**given, **values, **frame})


def render(template: str, escape: bool, **values: Any) -> str:
    """Fill a template of this package. InputError if the summary lacks a figure it needs."""
    try:
        return _environment(FOLDER, escape).get_template(template).render(**values)
    except jinja2.UndefinedError as error:
        raise InputError(
            f"summary: {error.message}, which {template} needs; build it again"
        ) from error


@cache
def _environment(folder: Path, escape: bool) -> jinja2.Environment:
    """The templates of a folder and the filters; it compiles each template once for all pages."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(sorted({path.parent for path in folder.rglob("*.j2")})),
        undefined=jinja2.StrictUndefined,
        autoescape=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=shown,
    )
    environment.filters |= {
        "per_cent": wording.per_cent,
        "ratio": wording.ratio,
        "fine_ratio": wording.fine_ratio,
        "trials": wording.trials,
        "days": wording.days,
        "ends": wording.ends,
        "number": wording.number,
        "decimals": wording.decimals,
        "share": wording.share,
        "named": wording.named,
        "others": wording.others,
        "short": short_name,
        "candidate": wording.candidate,
        "pair": wording.pair,
        "format": printf,
        "default": default,
        "join": join,
        "list": _listed,
        "select": _taking(jinja2.filters.do_select),
        "reject": _taking(jinja2.filters.do_reject),
        "selectattr": _taking(jinja2.filters.do_selectattr),
        "rejectattr": _taking(jinja2.filters.do_rejectattr),
        "length": count,
        "int": whole,
    }
    return environment
