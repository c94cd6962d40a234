"""Templates and the filters that write numbers in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.report import wording

FOLDER = Path(__file__).parent / "templates"


def render(template: str, escape: bool, **values: Any) -> str:
    """Fill a template of this package. InputError if the summary lacks a figure it needs."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        autoescape=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "per_cent": wording.per_cent,
        "ratio": wording.ratio,
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
    }
    try:
        return environment.get_template(template).render(**values)
    except jinja2.UndefinedError as error:
        raise InputError(
            f"summary: {error.message}, which {template} needs; build it again"
        ) from error
