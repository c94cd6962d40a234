"""Judge the guardrails G1-G4, G6 and the exit conditions E1-E6; what is violated fails the build.

Writes what each says, with evidence (path, hash, command) and findings, and where the strong form
of a claim is on (F2). G5 and F2's sentences are judged where sentences are written, see
scripts.claims.sentences.

Exit status: 0 all hold; 1 one does not, see the findings; 2 bad input.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from scripts.claims.blobs import judge_blobs
from scripts.claims.census import judge_census
from scripts.claims.devices import judge_devices
from scripts.claims.exits import Study, judge_exits
from scripts.claims.frozen import judge_frozen
from scripts.claims.guardrail import Guardrail
from scripts.claims.inputs import read_dataset
from scripts.claims.registered import judge_registered
from scripts.claims.strong import strong_forms
from scripts.lib import command_line
from scripts.lib.files import read_json, write_json
from scripts.lib.log import run_main
from scripts.lib.schemas.corpus import TRIPLES
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.recorded import COVERAGE, FALSE_WINS, RECORDED
from scripts.lib.schemas.statistics import GAPS, RATES, VERDICTS
from scripts.lib.spec import read_spec
from scripts.lib.tables import read_table

TABLES = {
    "history": (HISTORY, "mined history"),
    "triples": (TRIPLES, "triples of the corpus"),
    "coverage": (COVERAGE, "cells of the measured GPU"),
    "recorded": (RECORDED, "recorded cells"),
    "gaps": (GAPS, "time gaps"),
    "rates": (RATES, "rates of verdicts"),
    "verdicts": (VERDICTS, "verdicts of the replay"),
    "false_wins": (FALSE_WINS, "false wins of A/A pairs"),
}
EXAMPLE = """example:
  R=data/recorded T=results/tables S=results/tables/statistics
  python -m scripts.claims.guardrails --history $R/history.parquet \\
      --triples $T/corpus/triples.parquet --coverage $S/coverage.parquet \\
      --recorded $S/recorded.parquet --gaps $S/gaps.parquet --rates $S/rates.parquet \\
      --verdicts $S/verdicts.parquet --false-wins $S/false_wins.parquet \\
      --ledger $T/ledger/ledger.json --upstream data/upstream.yaml \\
      --runs $R/measured/nvidia_h200-{bf16,formats,corpus,complete}/runs.json \\
      --again $R/measured/*-repeat/runs.json \\
      --device NVIDIA_H200 --targets NVIDIA_H200 AMD_Instinct_MI300X --out guardrails.json"""


def judge(arguments: argparse.Namespace) -> tuple[list[Guardrail], dict[str, Any]]:
    """All guardrails in order, and the strong forms."""
    paths = {name: getattr(arguments, name) for name in TABLES}
    tables = {name: read_table(paths[name], table) for name, (table, _) in TABLES.items()}
    paths |= {"upstream": arguments.upstream, "ledger": arguments.ledger}
    ledger, spec = read_json(arguments.ledger), read_spec()
    first = [read_dataset(path.parent) for path in arguments.runs]
    every = [*first, *(read_dataset(path.parent) for path in arguments.again)]
    history, coverage, recorded = (tables[n] for n in ("history", "coverage", "recorded"))
    guardrails = [
        judge_blobs(
            paths["history"], history, tables["triples"], coverage, every, arguments.targets
        ),
        judge_census(
            paths, history, tables["triples"], coverage, recorded, first, arguments.device
        ),
        judge_frozen(
            every,
            (paths["rates"], tables["rates"]),
            (paths["ledger"], ledger),
            (paths["verdicts"], tables["verdicts"]),
            recorded,
        ),
        judge_devices(every),
        judge_registered(ledger),
    ]
    names = ("history", "coverage", "gaps", "rates", "false_wins")
    study = Study(paths, **{name: tables[name] for name in names}, ledger=ledger)
    guardrails += judge_exits(study, spec, arguments.targets, guardrails)
    return guardrails, strong_forms(tables["rates"], spec.trials)


def _parser() -> argparse.ArgumentParser:
    parser = command_line.parser(__doc__, EXAMPLE)
    for name, (_, text) in TABLES.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=Path, required=True, help=f"table: {text}"
        )
    parser.add_argument("--ledger", type=Path, required=True, help="what the scan found, JSON")
    parser.add_argument("--upstream", type=Path, required=True, help="YAML file with the pin")
    parser.add_argument(
        "--runs", type=Path, nargs="+", required=True,
        help="runs.json of each measured dataset; its tables lie beside it",
    )  # fmt: skip
    parser.add_argument(
        "--again", type=Path, nargs="*", default=[], help="runs.json of second recordings"
    )  # fmt: skip
    parser.add_argument("--device", nargs="+", required=True, help="GPUs that were measured")
    parser.add_argument("--targets", nargs="+", required=True, help="GPUs configs are wanted for")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    arguments = _parser().parse_args(argv)
    broken: list[Guardrail] = []

    def body() -> None:
        guardrails, strong = judge(arguments)
        broken.extend(one for one in guardrails if one.findings)
        for one in broken:
            for finding in one.findings:
                print(f"{one.name}: {finding}", file=sys.stderr)
        found = {one.name: one.to_json() for one in guardrails}
        write_json(arguments.out, {"version": 1, "guardrails": found, "strong": strong})

    return run_main(body, lambda: int(bool(broken)))


if __name__ == "__main__":
    sys.exit(main())
