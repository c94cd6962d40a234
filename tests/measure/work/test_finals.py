"""Interleaved finals: A B … B A, and what that buys against drift."""

import numpy as np
import pytest

from scripts.measure.protocol import Protocol
from scripts.measure.work.finals import interleave, order_of, rounds_for

PROTOCOL = Protocol()


class DriftingGpu:
    """Every replay takes its slot's latency times a clock that slows down steadily."""

    def __init__(self, us: list[float], drift: float) -> None:
        self.us, self.drift, self.visits, self.unread, self.synchronised = us, drift, [], 0, 0

    def queue(self, slot: int):
        def enqueue():
            value = self.us[slot] * (1 + self.drift * len(self.visits))
            self.visits.append(slot)
            self.unread += 1

            def read():
                assert self.unread == 0, "read before the GPU was synchronised"
                return value

            return read

        return enqueue

    def synchronise(self) -> None:
        self.synchronised += 1
        self.unread = 0


def run(us: list[float], drift: float, protocol: Protocol = PROTOCOL):
    gpu = DriftingGpu(us, drift)
    queues = [gpu.queue(slot) for slot in range(len(us))]
    return gpu, np.array(interleave(queues, gpu.synchronise, 1, protocol))


def test_every_slot_once_a_round_and_the_order_turns():
    gpu, table = run([10.0, 20.0, 30.0], 0.0)
    assert table.shape == (PROTOCOL.rounds, 3)
    assert (table == [10.0, 20.0, 30.0]).all()
    rounds = np.array(gpu.visits[3:]).reshape(-1, 3)
    assert (np.sort(rounds) == [0, 1, 2]).all()
    assert (rounds[1::2] == rounds[0::2, ::-1]).all()
    assert [order_of(pair, 3, PROTOCOL) for pair in range(20)] == rounds[0::2].tolist()
    assert len({tuple(order) for order in rounds[0::2].tolist()}) == 6  # all orders of three
    assert gpu.synchronised == 1 + PROTOCOL.rounds  # the warm-up round and each round, once


def test_steady_drift_leaves_no_bias_between_equal_slots():
    _, table = run([10.0] * 6, 1e-4)
    pairs = np.log(table[:, :1] / table)
    means = pairs.reshape(-1, 2, 6).mean(axis=1)
    assert np.abs(means).max() < 1e-6 + 1e-8 * table.size


def test_what_a_neighbour_does_is_noise_and_no_bias():
    """A slot that runs 2% slower after one certain neighbour is told from its twin by no pair."""

    class Touchy(DriftingGpu):
        def queue(self, slot: int):
            enqueue = super().queue(slot)

            def slowed():
                touched = slot == 0 and self.visits and self.visits[-1] == 1
                read = enqueue()
                return lambda: read() * (1.02 if touched else 1.0)

            return slowed

    gpu = Touchy([10.0] * 8, 0.0)
    queues = [gpu.queue(slot) for slot in range(8)]
    table = np.array(interleave(queues, gpu.synchronise, 1, PROTOCOL))
    assert 0 < (table[:, 0] > 10.1).sum() < len(table) / 3
    assert np.median(table[:, 0] / table[:, 7]) == 1.0


@pytest.mark.parametrize(("us", "rounds"), [(1.0, 40), (1e5, 20), (1e9, 10)])
def test_rounds_fit_the_time_and_are_even(us, rounds):
    assert rounds_for(us, PROTOCOL) == rounds
