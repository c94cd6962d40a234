"""A ledger that is synced in a thread: what it met is told, and it ends with what was wanted."""

from __future__ import annotations

import threading

import pytest

from scripts.lib.chain import Chain
from scripts.lib.files import InputError
from scripts.tune.syncing import Syncing


class Slow(Chain):
    """A disk that takes its time, or is full."""

    def __init__(self, path):
        super().__init__(path)
        self.synced, self.full, self.go = 0, False, threading.Event()

    def sync(self):
        self.go.wait(10)
        if self.full:
            raise InputError("no space left")
        super().sync()
        self.synced += 1


def test_nobody_waits_for_the_disk_until_the_end(tmp_path):
    chain = Slow(tmp_path / "ledger.jsonl")
    syncing = Syncing(chain)
    for _ in range(3):
        syncing.want()  # returns although the disk has not
    assert chain.synced == 0
    chain.go.set()
    syncing.stop()
    assert 1 <= chain.synced <= 3
    chain.close()


def test_a_full_disk_is_told_to_the_next_who_wants(tmp_path):
    chain = Slow(tmp_path / "ledger.jsonl")
    chain.full = True
    chain.go.set()
    syncing = Syncing(chain)
    with pytest.raises(InputError, match="no space"):
        for _ in range(1000):
            syncing.want()
            threading.Event().wait(0.01)
    syncing.stop()
    chain.close()
