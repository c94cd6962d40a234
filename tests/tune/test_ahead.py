"""Real compilers in children, for an architecture that need not be there."""

from __future__ import annotations

import pytest

from scripts.lib.config import Config
from scripts.lib.shape import parse_shape
from scripts.tune.ahead import CompiledAhead
from scripts.tune.jobs import JobNames

SHAPE = parse_shape("E8-N256-K512-top2-bf16")
GOOD = Config(16, 32, 64, 1, 4, 2)
# GROUP_SIZE_M is left to the launch: the same binaries serve both.
KIN = Config(16, 32, 64, 16, 4, 2)
BAD = Config(16, 48, 64, 1, 4, 2)  # no power of two


@pytest.fixture
def ahead(tmp_path, monkeypatch):
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    recorded: list[dict] = []
    names = JobNames(("GROUP_SIZE_M",), "spawn")
    made = CompiledAhead(
        names.target("sm_90"), names, recorded.append,
        processes=2, deadline_s=120.0, method="spawn",
    )  # fmt: skip
    yield made, recorded
    made.stop()
    names.stop()


def test_binaries_are_there_once_and_a_refusal_says_why(ahead, tmp_path):
    made, recorded = ahead
    made.want([GOOD, KIN], SHAPE)
    assert not made.ready(GOOD, SHAPE)  # it takes more than a moment
    assert made(GOOD.id, SHAPE) is None
    assert made.ready(GOOD, SHAPE) and made.ready(KIN, SHAPE)
    assert made(KIN.id, SHAPE) is None
    why = made(BAD.id, SHAPE)
    assert why is not None and "power of 2" in why
    assert not made.ready(BAD, SHAPE)
    assert sorted(made.stop(), key=str) == sorted(recorded, key=str)
    ended = [result["outcome"] for result in recorded]
    assert ended.count("correct") == 2  # gate-up and down, of one kind
    assert "compile_error" in ended
    assert list(tmp_path.rglob("*.cubin"))
