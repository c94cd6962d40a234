"""Numbers that people chose and no fold refits: which, their values, and what they were chosen on.

They steer the searches (scripts/transfer) and the predictor (scripts/sim). Values are read from
the files that use them, where they stay; a test finds one that is not listed here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from scripts.lib.files import InputError

_ROOT = Path(__file__).parents[2]
_MOST_ENTRIES = 8  # of a mapping that is written out


class On(StrEnum):
    """What a number was chosen on."""

    BY_EYE = "by eye, on the first twelve recorded layers, which are judged here too"
    RECORDED = "on recorded trials or binaries, those of judged layers among them"
    NOT_NOTED = "not noted on what; judged layers are not excluded"
    PRIOR = "on no recording: hardware, sampling, or what the number means"
    STARTED = "where fitting starts and how far it may go; every fold fits it anew"
    COST = "to bound time or memory"


@dataclass(frozen=True)
class Chosen:
    """Constants of one file that were chosen alike."""

    file: str
    names: tuple[str, ...]
    on: On


CHOSEN = (
    Chosen("scripts/transfer/library.py", ("SIMILAR_LAYERS", "NEIGHBOURING_BATCHES"), On.BY_EYE),
    Chosen("scripts/transfer/library.py", ("MOST_REGRET",), On.NOT_NOTED),
    Chosen(
        "scripts/transfer/crowd.py",
        ("CROWD_WEIGHT", "_ALIKE", "_NEAR", "_OTHER_SCHEME", "_SAME_VENDOR", "_ELSEWHERE"),
        On.RECORDED,
    ),
    Chosen("scripts/transfer/crowd.py", ("_MOST", "_LEAST"), On.COST),
    Chosen("scripts/transfer/merit.py", ("_LEAST", "_MOST", "_ORIGIN"), On.NOT_NOTED),
    Chosen("scripts/transfer/strategies/s2_nearest.py", ("WEIGHTS",), On.PRIOR),
    Chosen("scripts/transfer/strategies/s3_offset.py", ("NEARBY",), On.NOT_NOTED),
    Chosen("scripts/transfer/strategies/s3_offset.py", ("_NONE",), On.PRIOR),
    Chosen("scripts/transfer/strategies/s4_bayesian.py", ("PROMISING",), On.COST),
    Chosen("scripts/transfer/strategies/s4_bayesian.py", ("LEAST",), On.RECORDED),
    Chosen("scripts/transfer/surrogate.py", ("BELIEVED", "SLOWER", "SLOWER_IN_DOUBT"), On.RECORDED),
    Chosen("scripts/transfer/strategies/pipeline.py", ("FIRST",), On.RECORDED),
    Chosen("scripts/transfer/strategies/s5_neighbours.py", ("SHARE", "LENGTH"), On.NOT_NOTED),
    Chosen("scripts/transfer/strategies/s8_portfolio.py", ("PICKS",), On.NOT_NOTED),
    Chosen("scripts/transfer/learn_kernel.py", ("CELLS", "CONFIGS", "_STEPS"), On.COST),
    Chosen("scripts/transfer/learn_kernel.py", ("NEAR", "ANYWHERE"), On.NOT_NOTED),
    Chosen("scripts/transfer/learn_kernel.py", ("UNFITTED", "ELSEWHERE"), On.RECORDED),
    Chosen(
        "scripts/transfer/learn_kernel.py",
        ("PREDICTED_START", "PLAIN_START", "_BOUNDS"),
        On.STARTED,
    ),
    Chosen("scripts/transfer/kernel.py", ("LEVEL", "NOISE"), On.PRIOR),
    Chosen("scripts/transfer/kernel.py", ("_VENDOR_LENGTH",), On.RECORDED),
    Chosen("scripts/catalogue/candidates.py", ("SIMILAR",), On.RECORDED),
    Chosen("scripts/transfer/gain.py", ("_DRAWS",), On.COST),
    Chosen("scripts/sim/train.py", ("_FASTEST", "_OTHERS"), On.NOT_NOTED),
    Chosen("scripts/sim/train.py", ("_MOST_ROWS", "_FIT_ROWS"), On.COST),
    Chosen("scripts/sim/train.py", ("_LEAST_WEIGHT", "_MOST_WEIGHT", "_ORIGIN"), On.NOT_NOTED),
    Chosen("scripts/sim/evaluate.py", ("_FOLDS",), On.COST),
    Chosen("scripts/sim/simulator.py", ("_MOST",), On.RECORDED),
    Chosen("scripts/sim/picks.py", ("_STEP",), On.NOT_NOTED),
    Chosen("scripts/sim/facts.py", ("_BASE_REGISTERS", "_PER_ACCUMULATOR"), On.RECORDED),
    Chosen("scripts/sim/learned/grow.py", ("_GROWN", "_COPIES"), On.NOT_NOTED),
    Chosen("scripts/sim/learned/bins.py", ("MOST",), On.COST),
    Chosen("scripts/sim/learned/forest.py", ("MOST_LEAVES",), On.COST),
    Chosen("scripts/sim/model/parameters.py", ("OPEN",), On.STARTED),
    Chosen("scripts/sim/model/fit.py", ("_OUTLIER", "_HOLD"), On.NOT_NOTED),
    Chosen("scripts/sim/model/traffic.py", ("_STEEPNESS",), On.NOT_NOTED),
    Chosen("scripts/sim/model/traffic.py", ("_OUT_BYTES",), On.PRIOR),
    Chosen("scripts/sim/model/waves.py", ("_HARMONICS", "_ASYNCHRONY"), On.NOT_NOTED),
    Chosen(
        "scripts/sim/model/timing.py", ("_SHARED_BYTES_CLK", "_LANES_CLK", "INSTRUCTION"), On.PRIOR
    ),
    Chosen("scripts/sim/gpu_out.py", ("_PARTS",), On.PRIOR),
    Chosen("scripts/sim/model/hardware.py", ("_WIDE_ROWS",), On.PRIOR),
)


def constants(file: str) -> dict[str, str]:
    """The constants of a module at its top level: name -> value, as it is written there."""
    tree = ast.parse((_ROOT / file).read_text(encoding="utf-8"))
    return {name: _written(value) for name, value in _assigned(tree)}


def values() -> Iterator[tuple[str, str, str, On]]:
    """(name, value, file, chosen on) of all. InputError names a constant that is gone."""
    for one in CHOSEN:
        found = constants(one.file)
        for name in one.names:
            if name not in found:
                raise InputError(f"{one.file}: lacks {name}, which scripts/lib/chosen.py lists")
            yield name, found[name], one.file, one.on


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield ast.unparse(node.target), node.value
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    names = map(ast.unparse, target.elts)
                    yield from zip(names, node.value.elts, strict=True)
                else:
                    yield ast.unparse(target), node.value


def _written(value: ast.expr) -> str:
    if isinstance(value, ast.Dict) and len(value.keys) > _MOST_ENTRIES:
        return f"{len(value.keys)} entries"
    return ast.unparse(value)
