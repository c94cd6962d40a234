"""One committed config under the runtime's operator: held against default and fastest, and what to
propose in its place.

Three questions, each by interleaved rounds of one cell: is it slower than what runs without a file,
is it more than 3% behind the fastest config known, and is another shown to be faster. The first two
are sign tests over the rounds, which need no model of the noise; finals that may have ended early
have been looked at several times, for which each p is raised; many rows ask them, so Holm's
correction comes after (``scripts.statistics.health``).
"""  # noqa: D205

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import special

from scripts.lib.runtimes.default_config import SCHEMES, default_config
from scripts.lib.shape import parse_cell
from scripts.statistics.bootstrap import round_10
from scripts.statistics.op_exports import by_op, fastest, halves, standing
from scripts.statistics.op_pairs import median_us
from scripts.statistics.rounds import Rounds

Row = dict[str, Any]
BEHIND = 0.03  # what a maintainer would call behind


def row_of(rounds: Rounds, committed: str, margin: float, looks: int = 1) -> Row | None:
    """What HEALTH says of the committed config of a recorded cell; None if it was no finalist.

    ``looks``: at which the finals may have ended (scripts.lib.judging.looks).
    """
    slot = rounds.first_slot(committed)
    if slot is None:
        return None
    cell = parse_cell(rounds.cell_id)
    default = default_config(cell.shape, cell.tokens).id if cell.shape.scheme in SCHEMES else None
    firsts = _firsts(rounds)
    best = min(firsts, key=lambda config: (_to(rounds, firsts[config], slot)[0], config))
    proposed = proposal(rounds, committed, margin)
    return {
        "cell_id": rounds.cell_id,
        "rounds": len(rounds.samples),
        "committed_us": median_us(rounds, slot),
        "default_id": default,
        **_against(rounds, slot, firsts.get(default or ""), "over_default"),
        "p_default": _looked(_slower(rounds, slot, firsts.get(default or ""), margin), looks),
        "best_id": best,
        **_against(rounds, slot, firsts[best], "over_best"),
        "p_best": _looked(_behind(rounds, slot, firsts), looks),
        "proposed_id": proposed,
        **_against(rounds, firsts[proposed], slot, "gain"),
        "twin": _twin(rounds, committed),
        **_held_out(rounds, committed, margin),
    }


def proposal(rounds: Rounds, committed: str, margin: float) -> str:
    """What the rule of exported rows puts into the row, if it is shown to be faster than the
    committed config, and is so by more than the margin in the median; else committed.

    That rule (``op_exports.by_op``) takes what is shown to be faster than the better of committed
    and default, or that better one: a config that beats the committed row and not the default one
    is not proposed. Were the whole interval to lie beyond the margin, a row could stay that loses
    more than it to what runs without a file.
    """  # noqa: D205
    slot = rounds.first_slot(committed)
    assert slot is not None
    row = by_op(rounds, standing(rounds, parse_cell(rounds.cell_id), slot))
    median, _, high = rounds.ratio(row, slot)
    return rounds.configs[row] if high < 1.0 and median < 1.0 - margin else committed


def _twin(rounds: Rounds, committed: str) -> float | None:
    slots = [slot for slot, config in rounds.configs.items() if config == committed]
    return _to(rounds, slots[1], slots[0])[0] if len(slots) > 1 else None


def _firsts(rounds: Rounds) -> dict[str, int]:
    """First slot by config."""
    found: dict[str, int] = {}
    for slot, config in rounds.configs.items():
        found.setdefault(config, slot)
    return found


def _to(rounds: Rounds, slot: int, to: int) -> tuple[float, float, float]:
    return rounds.ratio(slot, to)


def _against(rounds: Rounds, slot: int, to: int | None, name: str) -> Row:
    """A ratio with its interval; a config over itself is 1 and has none to either side."""
    values = (None, None, None) if to is None else _to(rounds, slot, to)
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def _slower(rounds: Rounds, slot: int, than: int | None, margin: float) -> float | None:
    """P of so many rounds in which ``slot`` is slower by more than the margin, were half of them
    expected; 1 of a slot against itself, None where the other was not held."""  # noqa: D205,D209
    if than is None:
        return None
    if than == slot:
        return 1.0
    column = {name: rounds.samples[:, rounds.slots.index(name)] for name in (slot, than)}
    over = column[slot] / column[than]
    over = over[~np.isnan(over)]
    return float(special.bdtrc((over > 1 + margin).sum() - 1, len(over), 0.5))


def _behind(rounds: Rounds, slot: int, firsts: Mapping[str, int]) -> float:
    """The least p against any other finalist, times their number: which one is the fastest is seen
    in the same rounds."""  # noqa: D205,D209
    others = [first for first in firsts.values() if first != slot]
    found = [_slower(rounds, slot, other, BEHIND) for other in others]
    return min([1.0, *(len(others) * p for p in found if p is not None)])


def _looked(p: float | None, looks: int) -> float | None:
    return None if p is None else min(1.0, looks * p)


def _held_out(rounds: Rounds, committed: str, margin: float) -> Row:
    """The row over the committed one, and over the better of that and default: half of the rounds
    choose, the others judge. What one and the same rounds choose and judge looks faster than it
    is."""  # noqa: D205,D209
    deciding, judging = halves(rounds)
    slot = rounds.first_slot(committed)
    config = proposal(deciding, committed, margin)
    chosen = rounds.first_slot(config)
    assert slot is not None
    assert chosen is not None
    better = fastest(deciding, standing(rounds, parse_cell(rounds.cell_id), slot))
    ratios = {"held_gain": _to(judging, chosen, slot)[0],
              "over_better": _to(judging, chosen, better)[0]}  # fmt: skip
    figures = {name: None if np.isnan(ratio) else round_10(ratio) for name, ratio in ratios.items()}
    return {"held_id": config, **figures}
