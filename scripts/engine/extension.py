"""What a server's worker is asked over HTTP (POST /collective_rpc, VLLM_SERVER_DEV_MODE=1)."""

from __future__ import annotations

from typing import Any

from scripts.engine.inside import Inside


class Extension:
    """Joined to vLLM's worker by ``--worker-extension-cls``; its names must be none of its own."""

    _graphx_inside: Inside

    def graphx_configs(self, folder: str = "") -> dict[str, Any]:
        """See ``Inside.configs``; an empty ``folder``: the release's own files."""
        if "_graphx_inside" not in vars(self):
            self._graphx_inside = Inside(self)
        return self._graphx_inside.configs(folder or None)

    def graphx_routing(self, kind: str) -> dict[str, Any]:
        """See ``Inside.routing``."""
        if "_graphx_inside" not in vars(self):
            self._graphx_inside = Inside(self)
        return self._graphx_inside.routing(kind)
