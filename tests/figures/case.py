"""What a figure's own tests tell the tests that hold of every figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from scripts.lib.tables import Table, write_table
from tests.statistics.conftest import Judged
from tests.statistics.study import Study

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Case:
    """``CASE`` of a figure's tests.

    ``main``: its entry. ``tables``: by option, what it is drawn from, of the synthetic study.
    ``extra``: its other arguments; ``files``: options of files that it writes besides. ``draw``:
    the figure, if it rests on recordings, so that a second GPU must stand in it too.
    """

    main: Callable[[list[str]], int]
    tables: Callable[[Study, Judged], dict[str, tuple[pd.DataFrame, Table]]]
    extra: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    draw: Callable[[Frames], Figure] | None = None

    def arguments(self, drawn: Study, judged: Judged, inputs: Path, folder: Path) -> list[str]:
        """Its command line: tables are written to ``inputs``, the figure into ``folder``."""
        out = [*self.extra]
        for name, (frame, table) in self.tables(drawn, judged).items():
            write_table(inputs / f"{name}.parquet", frame, table)
            out += [f"--{name}", str(inputs / f"{name}.parquet")]
        for kind in ("png", "svg", *self.files):
            out += [f"--out-{kind}", str(folder / f"f.{kind}")]
        return out
