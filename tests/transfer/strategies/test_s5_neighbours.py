"""S5: what other batches of the file tell, and what was found for similar layers."""

import numpy as np
import pytest

from scripts.lib.outcome import Outcome
from scripts.transfer.kernel import Covariance, Kernel
from scripts.transfer.oracle import Trial
from scripts.transfer.strategies.s4_bayesian import Bayesian
from scripts.transfer.strategies.s5_neighbours import SHARE, Incumbents, Mates, Neighbours
from tests.transfer.study import LEGAL

COVARIANCE = Covariance(Kernel(0.2, (2.0, 3.0, 2.0, 13.0, 4.0, 4.0), 0.03, 0.01), LEGAL)
EXPECTED = np.arange(len(LEGAL)) / 10.0


def told(us: float) -> Trial:
    return Trial(Outcome.CORRECT, us, 1.0)


def lesson_of(values: dict[int, float]) -> Bayesian:
    member = Bayesian(COVARIANCE, EXPECTED, first=[LEGAL.configs[place] for place in values])
    for us in values.values():
        config = member.ask()
        assert config is not None
        member.tell(config, told(us))
    return member


def test_nobody_else_has_learned_anything() -> None:
    mates = Mates()
    mates.join(64, lesson_of({3: 90.0, 7: 200.0}))
    mates.join(128, Bayesian(COVARIANCE, EXPECTED))
    assert mates.adviser(64)() is None
    assert mates.adviser(128)() is not None


def test_a_nearer_batch_says_more_and_none_more_than_its_share() -> None:
    member = lesson_of({3: 90.0, 7: 200.0})
    sizes = []
    for other in (64, 128, 1024):
        mates = Mates()
        mates.join(other, member)
        advice = mates.adviser(64 if other != 64 else 65)()
        assert advice is not None
        sizes.append(float(np.abs(advice).max()))
    assert sizes == sorted(sizes, reverse=True)
    assert member.lesson is not None
    assert sizes[0] <= SHARE * float(np.abs(member.lesson).max())


def test_many_batches_together_say_no_more_than_one_share() -> None:
    member, mates = lesson_of({3: 90.0, 7: 200.0}), Mates()
    for tokens in range(60, 70):
        mates.join(tokens, member)
    advice = mates.adviser(64)()
    assert advice is not None and member.lesson is not None
    np.testing.assert_allclose(advice, SHARE * member.lesson, rtol=1e-6)


def test_the_nearest_batchs_incumbent_comes_first_then_the_next() -> None:
    incumbents = Incumbents()
    for tokens, place in ((1, 40), (64, 20), (128, 30)):
        incumbents.report(tokens, LEGAL.configs[place], 10.0)
    incumbents.report(64, LEGAL.configs[21], 12.0)
    strategy = Neighbours(LEGAL, 96, EXPECTED, incumbents)
    asked = [strategy.ask() for _ in range(4)]
    assert asked == [LEGAL.configs[place] for place in (0, 30, 20, 40)]


def test_what_one_batch_finds_the_other_tries() -> None:
    incumbents = Incumbents()
    one, other = (Neighbours(LEGAL, tokens, EXPECTED, incumbents) for tokens in (64, 128))
    first = one.ask()
    assert first is not None
    one.tell(first, told(10.0))
    other.ask()
    second = one.ask()
    assert second is not None
    one.tell(second, told(5.0))
    assert other.ask() == second


@pytest.mark.parametrize("tokens", [1, 4096])
def test_every_legal_config_is_asked_for_once(tokens: int) -> None:
    strategy = Neighbours(LEGAL, tokens, EXPECTED, Incumbents())
    asked = [strategy.ask() for _ in range(len(LEGAL) + 1)]
    assert asked[-1] is None
    assert set(asked[:-1]) == set(LEGAL.configs)
