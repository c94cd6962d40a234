"""How varied the config files of each GPU are."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from scripts.lib.schemas.census import CENSUS

from scripts.figures import options
from scripts.figures.style import PALETTE, figure, save
from scripts.lib.device import short_name
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.tables import read_table

EXAMPLE = "python -m scripts.figures.census --census census.parquet --out-png c.png --out-svg c.svg"


def draw(census: pd.DataFrame) -> Figure:
    """A bar a GPU, of CENSUS; InputError if there is none."""
    if census.empty:
        raise InputError("census: no GPU with files enough; nothing to draw")
    drawn, (axis,) = figure(width=9.0, height=3.4 + 0.3 * len(census))
    axis.barh(census["device"].map(short_name), census["distinct"] / census["entries"] * 100,
              color=PALETTE[0])  # fmt: skip
    axis.invert_yaxis()
    axis.set_xlabel("different configs in a file, % of its batch sizes")
    return drawn


def main(argv: list[str] | None = None) -> int:
    """Read the counts, draw, save."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--census", type=Path, required=True, help="CENSUS table")
    arguments = parser.parse_args(argv)

    def body() -> None:
        save(draw(read_table(arguments.census, CENSUS)), arguments.out_png, arguments.out_svg)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
