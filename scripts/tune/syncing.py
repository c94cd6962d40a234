"""What is written to a ledger reaches the disk while the GPU works, in a thread of its own.

Waiting for the disk after every trial would cost a trial's own time. A machine that loses its power
loses the trials of some milliseconds at most; whoever decides by them, waits with ``Chain.sync``.
"""

from __future__ import annotations

import threading

from scripts.lib.chain import Chain


class Syncing:
    """Syncs a ledger whenever that is wanted, once for all who want it meanwhile."""

    def __init__(self, chain: Chain) -> None:
        self._chain, self._wanted = chain, threading.Event()
        self._stopped = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="syncing", daemon=True)
        self._thread.start()

    def want(self) -> None:
        """Have all that was written synced, and return at once; raises what an earlier one met."""
        if self._error is not None:
            raise self._error
        self._wanted.set()

    def stop(self) -> None:
        """Sync what is wanted, and end."""
        self._stopped = True
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._chain.sync()
            except Exception as error:  # raised to whoever wants the next
                self._error = error
                return
