"""The committed config is one proposal; exhaustive search is every legal config once."""

from scripts.transfer.strategies.committed import Committed
from scripts.transfer.strategies.exhaustive import Exhaustive
from tests.transfer.study import CONFIGS, LEGAL


def test_committed_is_one_proposal() -> None:
    strategy = Committed(CONFIGS[3])
    assert [strategy.ask(), strategy.ask()] == [CONFIGS[3], None]


def test_exhaustive_asks_every_legal_config_once() -> None:
    strategy = Exhaustive(LEGAL)
    asked = list(iter(strategy.ask, None))
    assert asked == sorted(CONFIGS)
