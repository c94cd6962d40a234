"""How varied the config files of each GPU are."""

from __future__ import annotations

from scripts.lib.schemas import census as schema
from scripts.report.section import Section, made

CENSUS = made("census", "census.count", schema.CENSUS)

SECTION = Section(
    "census",
    about="how many different configs a GPU's files hold",
    origins={"census": [CENSUS]},
    build=lambda read: {
        "census": {
            row.pop("device"): {name: int(value) for name, value in row.items()}
            for row in read["census"].to_dict("records")
        }
    },
    captions={"census": "Different configs in a GPU's files, as a share of their batch sizes."},
)
