"""The plan of fresh finals: each cell's committed config first, then what sources led to."""

from __future__ import annotations

import pytest

from scripts.lib.files import InputError
from scripts.lib.schemas.plan import PLAN
from scripts.lib.tables import to_arrow
from scripts.tune.again import plan_again
from tests.statistics.planted_live import COMMITTED, live, searched
from tests.statistics.test_searches import H100, LARGE, MI300X, SMALL

A, B = "M16-N64-K64-G1-W4-S2", "M32-N64-K64-G1-W4-S2"


def test_committed_then_the_choice_of_most_sources() -> None:
    rows = live(
        searched(SMALL, H100, True, final_id=A),
        searched(SMALL, MI300X, True, final_id=B),
        searched(SMALL, "NVIDIA_B200", True, final_id=B),
        searched(SMALL, "", False, final_id="M256-N64-K64-G1-W4-S2"),
        searched(LARGE, H100, True, final_id=COMMITTED),
        searched(LARGE, MI300X, True, final_id=None),
    )
    plan = plan_again(rows)
    to_arrow(plan, PLAN)
    small = plan[plan["cell_id"] == SMALL]
    assert small["config_id"].tolist() == [COMMITTED, B, A]
    assert small["proposed_by"].tolist() == [
        "committed", f"S1-S8:{MI300X},S1-S8:NVIDIA_B200", f"S1-S8:{H100}",
    ]  # fmt: skip
    large = plan[plan["cell_id"] == LARGE]
    assert large["proposed_by"].tolist() == [f"committed,S1-S8:{H100}"]


def test_nothing_to_judge_is_said() -> None:
    with pytest.raises(InputError, match="no search on a triple"):
        plan_again(live(searched(SMALL, "", False, final_id=A)))
