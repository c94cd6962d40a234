"""Write the pages of a matrix from its tables: a feature each, all cells, numbers, decode path."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.lib import command_line
from scripts.lib.device import short_name
from scripts.lib.files import InputError, write_text
from scripts.lib.log import run_main
from scripts.lib.schemas import matrix as schema
from scripts.lib.tables import read_table
from scripts.matrix.pages.content import BEARS, PHASE_WORDS, PLANTS, SERVED, Content
from scripts.matrix.pages.given import read_runs, read_targets
from scripts.matrix.reading import read_matrix
from scripts.matrix.record import NUMBERS

TABLES = {
    table.name: table
    for table in (
        schema.MATRIX_CELLS, schema.MATRIX_LEVELS, schema.MATRIX_NUMBERS, schema.MATRIX_FEATURES,
        schema.MATRIX_KERNELS, schema.MATRIX_STEPS, schema.MATRIX_CHECKS, schema.MATRIX_COMPARED,
    )
}  # fmt: skip
PAGES = ("FEATURE_MATRIX", "BENCHMARK_RESULTS", "DECODE_PATH", "COMPARED", "TARGETS", "UPSTREAM")
FEATURES = "features"  # folder of their pages
EXAMPLE = """
  python -m scripts.matrix.pages.write --tables results/tables/matrix/*.parquet \\
      --runs results/tables/matrix/matrix_runs.json --switches data/matrix/switches.yaml \\
      --targets data/matrix/targets.yaml --out results/matrix"""


def rendered(content: Content) -> dict[str, str]:
    """Path below the pages' folder -> text. InputError if the runs lack something."""
    import jinja2  # noqa: PLC0415 - a GPU machine writes no pages

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    engine = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    engine.filters |= {"number": _number, "short": short_name, "words": _words, "cell": _escaped}
    given: dict[str, Any] = {
        "content": content, "levels": NUMBERS, "phases": PHASE_WORDS, "times": content.times(),
        "served": SERVED, "plants": PLANTS, "bears": BEARS,
    }  # fmt: skip
    page = engine.get_template
    template = page("feature.md.j2")
    try:
        found = {f"{name}.md": page(f"{name}.md.j2").render(given, up="") for name in PAGES}
        for one in content.features():
            text = template.render(given, feature=one, up="../")
            found[f"{FEATURES}/{one['page']}"] = text
    except jinja2.UndefinedError as error:
        raise InputError(f"--runs: {error}; judge the record again") from error
    return {path: f"{text.rstrip()}\n" for path, text in found.items()}


def _number(value: float | None, decimals: int = 3, factor: float = 1.0) -> str:
    return "–" if value is None or math.isnan(value) else f"{value * factor:,.{decimals}f}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _escaped(text: str) -> str:
    """In a cell of a table: one line, its bars no columns."""
    return " ".join(text.split()).replace("|", "\\|")


def write(
    tables: Sequence[Path], runs: Path, switches: Path, targets: Path | None, out: Path
) -> None:
    """Write all pages of a judged matrix. ``targets``: figures that others published, if any."""
    plain: Any = {}
    for path in tables:
        frame = read_table(path, TABLES[path.stem]).astype(object)
        plain[path.stem] = frame.where(frame.notna(), None).to_dict("records")
    published = read_targets(targets) if targets else {}
    content = Content(read_matrix(switches), plain, read_runs(runs), published)
    for name, text in rendered(content).items():
        write_text(out / name, text)


def main(argv: list[str] | None = None) -> int:
    """Read tables and switches, write the pages."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help="of the judge")
    parser.add_argument("--runs", type=Path, required=True, help="metadata, of the judge")
    parser.add_argument("--switches", type=Path, required=True, help="the matrix")
    parser.add_argument("--targets", type=Path, help="figures that others published")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    args = parser.parse_args(argv)
    return run_main(lambda: write(args.tables, args.runs, args.switches, args.targets, args.out))


if __name__ == "__main__":
    sys.exit(main())
