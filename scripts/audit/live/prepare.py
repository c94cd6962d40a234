"""Write the plan of a live audit: which tactics, and what is known of them beforehand.

The tactics are a stated list, and every tuner chooses among the same: the layer's committed file,
the runtime's default on every cell of the grid, and the configs committed most often for the GPU's
number format, so that each tile height has a few. Beside them what graphx expects of each on every
cell, from other layers only; a rank's share of a layer is asked about as the layer of as many
experts and as many assignments. And how far processes of an earlier audit lay apart on each cell.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from scripts.audit.grid import RANKS, TOKENS
from scripts.audit.live.answers import read_answers
from scripts.audit.live.between import by_cell
from scripts.audit.live.plan import Known, Plan, to_json
from scripts.audit.options import parser
from scripts.lib.config import Config
from scripts.lib.device import find_device
from scripts.lib.files import write_json
from scripts.lib.log import run_main
from scripts.lib.recordings import Role, recordings
from scripts.lib.shape import BATCH_LADDER, Cell, Shape, parse_shape
from scripts.transfer.committed_files import History
from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategies.default_heuristic import default_config
from scripts.transfer.strategies.pipeline import STRATEGIES, expected_logs
from scripts.tune.knowledge import Advice, Corpus, Where, read_corpus
from scripts.tune.space import Space, open_space

LEAST_OF_A_TILE = 3
EXAMPLE = """
  python -m scripts.audit.live.prepare --device NVIDIA_H200 --layer E128-N768-K2048-top8-bf16 \\
    --out build/audit/plan.json
"""


def alike(local: Shape, ranks: int, tokens: int) -> tuple[Shape, int]:
    """The layer and the tokens that give as many experts as many assignments, without ranks."""
    top_k = max(1, local.top_k // ranks)
    rows = tokens * local.top_k / ranks
    return replace(local, top_k=top_k), max(1, round(rows / top_k))


def listed(device: str, locals_: Iterable[Shape], tokens: Sequence[int], history: History,
           legal: LegalSpace) -> tuple[Config, ...]:  # fmt: skip
    """The tactics, ascending; see the module."""
    gpu, found = find_device(device), set[Config]()
    for shape in locals_:
        files = history.files(shape)
        found |= set(files[device].configs.values() if device in files else ())
        found |= {default_config(shape, one, gpu) for one in (*tokens, *BATCH_LADDER)}
        scheme = shape.scheme
    often = Counter(
        config
        for file in history.of_scheme(scheme)
        if find_device(file.device).arch == gpu.arch
        for config in file.configs.values()
    )
    by_often = sorted(often, key=lambda one: (-often[one], one.id))
    found = {one for one in found if one in legal.index}
    for config in by_often:
        tile = config.block_size_m
        have = sum(one.block_size_m == tile for one in found)
        if config in legal.index and 0 < have < LEAST_OF_A_TILE:
            found.add(config)
    return LegalSpace(found).configs


def make_plan(
    device: str, shape: Shape, corpus: Corpus, space: Space, earlier: Sequence[Path] = ()
) -> Plan:
    """From what tuning knows (scripts.tune.knowledge.Corpus, scripts.tune.space.Space), and the
    ledgers of earlier audits of the layer."""  # noqa: D205,D209
    audited = (
        one for one in read_answers(earlier) if (one.device, one.layer) == (device, shape.id)
    )
    locals_ = {ranks: replace(shape, experts=shape.experts // ranks) for ranks in RANKS}
    configs = listed(device, locals_.values(), TOKENS, corpus.history, space.legal)
    places = [space.legal.index[one] for one in configs]
    known, committed = {}, {}
    for ranks, local in locals_.items():
        files = corpus.history.files(local)
        committed[local.experts] = dict(files[device].configs) if device in files else {}
        asked = {tokens: alike(local, ranks, tokens) for tokens in BATCH_LADDER}
        like = asked[1][0]
        advice = Advice(corpus, device, like, space, unseen=True)
        cells = {tokens: Cell(device, like, one) for tokens, (_, one) in asked.items()}
        advice.predict(dict.fromkeys(cells.values()))
        known[local.experts] = Known(
            advice.lessons.predicted_kernel,
            {tokens: tuple(_expected(advice, cell, places)) for tokens, cell in cells.items()},
        )
    return Plan(device, shape, RANKS, TOKENS, configs, committed, known, by_cell(audited))


def _expected(advice: Advice, cell: Cell, places: Sequence[int]) -> list[float]:

    expected = expected_logs(advice.lessons, advice.task(cell, advice.sources), STRATEGIES)
    return [float(value) for value in expected[places]]


def main(argv: list[str] | None = None) -> int:
    """Parse, read, plan, write."""
    options = parser(__doc__, EXAMPLE)
    add = options.add_argument
    add("--device", required=True, help="GPU, named as in config files")
    add("--layer", required=True, help="shape of the whole layer")
    add("--spaces", type=Path, default=Path("results/tables/space"), help="folder of SPACE tables")
    add("--history", type=Path, default=Path("data/recorded/history.parquet"))
    add("--model", type=Path, default=Path("results/sim/model.json"), help="graphx-sim's model")
    add("--held-out", type=Path, default=Path("results/tables/sim/sim_held_out.parquet"))
    add("--earlier", type=Path, nargs="*", default=[], help="ledgers of earlier live audits")
    add("--seed", type=int, default=1, help="of what is learned")
    add("--out", type=Path, required=True, help="plan to write (JSON)")
    args = options.parse_args(argv)

    def body() -> None:

        shape = parse_shape(args.layer)
        found = [Path(one.path) for one in recordings(Role.COMPLETE)]
        where = Where(found, args.spaces, args.history, args.model, args.held_out, found)
        space = open_space(find_device(args.device), shape.scheme, args.spaces, Path("build"))
        plan = make_plan(args.device, shape, read_corpus(where, args.seed), space, args.earlier)
        write_json(args.out, to_json(plan))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
