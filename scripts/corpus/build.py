"""Build the corpus from the mined history: triples, pairs of devices, shapes."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from scripts.corpus.models import read_models
from scripts.corpus.pairs import make_pairs
from scripts.corpus.shapes import make_shapes
from scripts.corpus.triples import make_triples
from scripts.lib import command_line
from scripts.lib.files import write_json
from scripts.lib.log import run_main
from scripts.lib.schemas.corpus import PAIRS, SHAPES, TRIPLES
from scripts.lib.schemas.history import HISTORY
from scripts.lib.tables import read_table, write_table

LOG = logging.getLogger("corpus")

EXAMPLE = """example:
  python -m scripts.corpus.build --history data/recorded/history.parquet \\
      --models data/models.yaml --out-triples results/tables/corpus/triples.parquet \\
      --out-pairs results/tables/corpus/pairs.parquet \\
      --out-shapes results/tables/corpus/shapes.parquet \\
      --out-models results/tables/corpus/models.json
"""


def build(args: argparse.Namespace) -> None:
    """Read the history and the models; write the tables, and the models for who reads no YAML."""
    models = read_models(args.models)
    history = read_table(args.history, HISTORY)
    triples = make_triples(history)
    pairs = make_pairs(triples)
    shapes = make_shapes(history, models)
    write_table(args.out_triples, triples, TRIPLES)
    write_table(args.out_pairs, pairs, PAIRS)
    write_table(args.out_shapes, shapes, SHAPES)
    write_json(args.out_models, {model.name: model.entry for model in models.models})
    LOG.info(
        "%d triples over %d pairs of devices; %d shapes, %d without a model",
        len(triples), len(pairs), len(shapes), int(shapes["assumed"].sum()),
    )  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Command line of this step."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--history", type=Path, required=True, help="table written by mining")
    parser.add_argument("--models", type=Path, required=True, help="YAML table of public models")
    parser.add_argument("--out-triples", type=Path, required=True, help="Parquet file to write")
    parser.add_argument("--out-pairs", type=Path, required=True, help="Parquet file to write")
    parser.add_argument("--out-shapes", type=Path, required=True, help="Parquet file to write")
    parser.add_argument("--out-models", type=Path, required=True, help="JSON file to write")
    args = parser.parse_args(argv)
    return run_main(lambda: build(args))


if __name__ == "__main__":
    sys.exit(main())
