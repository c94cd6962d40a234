"""What a live audit begins with, as one file that travels to the GPU machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from scripts.audit.race import MARGIN
from scripts.lib.config import Config, parse_id
from scripts.lib.files import InputError, read_json
from scripts.lib.shape import Shape, parse_shape
from scripts.transfer.kernel import Kernel

VERSION = 2  # 1: no deviation between processes


@dataclass(frozen=True)
class Known:
    """What graphx expects of a rank's cells. ``expected``: log units, by tokens, in the order of
    the plan's configs; ``kernel``: how alike they are."""  # noqa: D205,D209

    kernel: Kernel
    expected: Mapping[int, tuple[float, ...]]


@dataclass(frozen=True)
class Plan:
    """``committed``: by local experts the file's configs by batch size; ``known`` likewise.

    ``apart``: by degree and tokens, the deviation between processes of how far two tactics are
    apart, as an earlier audit recorded it.
    """

    device: str
    shape: Shape
    ranks: tuple[int, ...]
    tokens: tuple[int, ...]
    configs: tuple[Config, ...]
    committed: Mapping[int, Mapping[int, Config]]
    known: Mapping[int, Known]
    apart: Mapping[int, Mapping[int, float]]

    def between(self, ranks: int, tokens: int) -> float:
        """The deviation on a cell; what the race takes for a margin where none is recorded."""
        return self.apart.get(ranks, {}).get(tokens, MARGIN)

    def local(self, ranks: int) -> Shape:
        """The layer of one rank."""
        return replace(self.shape, experts=self.shape.experts // ranks)


def to_json(plan: Plan) -> dict[str, Any]:
    """As the file holds it."""
    return {
        "version": VERSION,
        "device": plan.device,
        "layer": plan.shape.id,
        "ranks": list(plan.ranks),
        "tokens": list(plan.tokens),
        "configs": [one.id for one in plan.configs],
        "committed": {
            str(experts): {str(batch): one.id for batch, one in file.items()}
            for experts, file in plan.committed.items()
        },
        "known": {
            str(experts): {
                "kernel": asdict(one.kernel),
                "expected": {str(t): [round(v, 6) for v in e] for t, e in one.expected.items()},
            }
            for experts, one in plan.known.items()
        },
        "apart": {
            str(ranks): {str(tokens): round(off, 6) for tokens, off in of.items()}
            for ranks, of in plan.apart.items()
        },
    }


def read_plan(path: Path) -> Plan:
    """InputError if the file is not a plan of this version."""
    body = read_json(path)
    try:
        if body["version"] != VERSION:
            raise InputError(
                f"{path}: version {body['version']}; make it again (this is {VERSION})"
            )
        return _plan(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: no plan of a live audit ({error!r}); make it again") from error


def _plan(body: Mapping[str, Any]) -> Plan:
    known = {
        int(experts): Known(
            Kernel(**one["kernel"] | {"lengths": tuple(one["kernel"]["lengths"])}),
            {int(t): tuple(e) for t, e in one["expected"].items()},
        )
        for experts, one in body["known"].items()
    }
    return Plan(
        body["device"],
        parse_shape(body["layer"]),
        tuple(body["ranks"]),
        tuple(body["tokens"]),
        tuple(map(parse_id, body["configs"])),
        {
            int(experts): {int(batch): parse_id(one) for batch, one in file.items()}
            for experts, file in body["committed"].items()
        },
        known,
        {
            int(ranks): {int(tokens): float(off) for tokens, off in of.items()}
            for ranks, of in body["apart"].items()
        },
    )
