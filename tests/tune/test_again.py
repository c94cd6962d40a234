"""The plan of fresh finals: the committed config, what searches led to, the runtime's default."""

from __future__ import annotations

import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.plan import PLAN
from scripts.lib.shape import parse_cell
from scripts.lib.tables import to_arrow
from scripts.transfer.strategies.default_heuristic import default_of
from scripts.tune.again import plan_again
from tests.statistics.planted_live import COMMITTED, live, searched
from tests.statistics.test_searches import H100, LARGE, MI300X, SMALL

A, B = "M16-N64-K64-G1-W4-S2", "M32-N64-K64-G1-W4-S2"


def test_committed_then_the_choice_of_most_sources() -> None:
    rows = live(
        searched(SMALL, H100, True, final_id=A),
        searched(SMALL, MI300X, True, final_id=B),
        searched(SMALL, "NVIDIA_B200", True, final_id=B),
        searched(SMALL, "", False, final_id=B),
        searched(LARGE, H100, True, final_id=COMMITTED),
        searched(LARGE, MI300X, True, final_id=None),
    )
    plan = plan_again(rows)
    to_arrow(plan, PLAN)
    small = plan[plan["cell_id"] == SMALL]
    default = default_of(parse_cell(SMALL))
    assert default is not None and default.id not in (COMMITTED, A, B)
    assert small["config_id"].tolist() == [COMMITTED, B, A, default.id]
    assert small["proposed_by"].tolist() == [
        "committed", f"S1-S8,S1-S8:{MI300X},S1-S8:NVIDIA_B200", f"S1-S8:{H100}", "default",
    ]  # fmt: skip
    large = plan[plan["cell_id"] == LARGE]
    assert large["proposed_by"].tolist() == [f"committed,S1-S8:{H100}", "default"]


def test_nothing_to_judge_is_said() -> None:
    with pytest.raises(InputError, match="no search has a choice"):
        plan_again(live(searched(SMALL, "", False, final_id=None)))
