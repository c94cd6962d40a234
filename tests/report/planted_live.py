"""Planted searches on the GPU: wins and ties, one loss each by finals and before; a tuned layer."""

from __future__ import annotations

import pandas as pd

from scripts.lib.judging.decision import LOSS, TIE, WIN
from scripts.lib.schemas.live import LIVE, LIVE_LOSSES, LIVE_RATES, TUNED, TUNED_COST
from scripts.lib.schemas.space import SPACE
from scripts.lib.schemas.states import Power, Steadiness
from scripts.lib.shape import BATCH_LADDER
from scripts.lib.tables import Table
from scripts.statistics.bootstrap import Plan
from scripts.statistics.held import Held
from scripts.statistics.live import losses, rates
from tests.report.copied import filled, planted
from tests.statistics.planted_states import errors_of, states_of
from tests.statistics.study import DEVICE, Study

RUN, STUDY = "some-model-tp2", "nvidia_h200-study"
_RATIO = {WIN: 0.9, TIE: 1.0, LOSS: 1.1}


def live(copied: pd.DataFrame) -> pd.DataFrame:
    """LIVE: a search for every triple and one from all sources on each cell; the first one lost."""
    together = copied.drop_duplicates("cell_id").assign(source="")
    rows = []
    for place, row in enumerate(pd.concat([copied, together]).itertuples()):
        word = LOSS if place == 0 else (WIN, TIE)[place % 2]
        ratio = _RATIO[word] + place / 1e5
        judged = {"ratio": ratio, "low": ratio - 0.002, "high": ratio + 0.002, "decision": word}
        rows.append(
            {"cell_id": row.cell_id, "source": row.source, "triple": row.source != ""}
            | {"budget": 128, "trials": 20 + place, "ended": "margin", "gpu_seconds": 0.5}
            | {"choice_id": "M16-N64-K64-G1-W4-S2", "trials_to_choice": 3}
            | {"committed_id": row.committed_id, "final_id": "M16-N64-K64-G1-W4-S3"}
            | judged
            | {f"final_{name}": value for name, value in judged.items()}
        )
    return filled(pd.DataFrame(rows), LIVE)


def _tuned() -> tuple[pd.DataFrame, pd.DataFrame]:
    batches = [
        {"run": RUN, "cell_id": f"{DEVICE}/E8-N64-K64-top2-bf16/M{tokens}", "tokens": tokens}
        | {"config_id": "M16-N64-K64-G1-W4-S2", "found_id": "M16-N64-K64-G1-W4-S2"}
        | {"kept": "default" if tokens == 1 else None, "median_us": 10.0 + tokens, "ties": 2}
        | {"trials": 9, "ended": "margin", "over_default": 0.95, "default_word": WIN}
        | {"regret": 1.004, "regret_found": 1.006}
        for tokens in BATCH_LADDER
    ]
    cost = {"run": RUN, "model": "some-model", "tensor_parallel": 2}
    cost |= {"shape": "E8-N64-K64-top2-bf16", "device": DEVICE, "unseen": True, "budget": 128}
    cost |= {"sources": 3, "batches": 18, "trials": 162, "seconds": 41.9, "learn_seconds": 12.6}
    cost |= {"measure_seconds": 16.6, "trial_seconds": 4.7, "recorded": 18}
    cost |= {"regret": 1.004, "regret_found": 1.006}
    return filled(pd.DataFrame(batches), TUNED), pd.DataFrame([cost])[TUNED_COST.names]


def _no_legal_space() -> pd.DataFrame:
    """SPACE of the GPU with nothing legal in it, so that no committed config is."""
    row = {"device": DEVICE, "scheme": "bf16", "legal": False}
    return filled(pd.DataFrame([row]), SPACE)


def held(copied: pd.DataFrame) -> Held:
    """Every second cell drifted under its power limit; identical pairs differ by 0.3%."""
    cells = copied.drop_duplicates("cell_id")
    words = ((Power.FREE, Steadiness.STEADY), (Power.LIMITED, Steadiness.DRIFTED))
    known = ((name, *words[place % 2]) for place, name in enumerate(cells["cell_id"]))
    errors = errors_of(cells["tokens"].unique(), 0.003, STUDY)
    return Held(states_of(known, STUDY), errors, [STUDY], [])


def tables(drawn: Study, *_: object) -> dict[str, tuple[pd.DataFrame, Table]]:
    """What the report reads of them."""
    copied = planted(drawn.cells)
    found, (batches, costs) = live(copied), _tuned()
    return {
        "live": (found, LIVE),
        "live_rates": (rates(found, held(copied), Plan(resamples=200), 0.01), LIVE_RATES),
        "live_losses": (losses(found, _no_legal_space(), held(copied), 0.01), LIVE_LOSSES),
        "tuned": (batches, TUNED),
        "tuned_cost": (costs, TUNED_COST),
    }
