"""Under which conditions a sweep measures: stated choices that stand in every run's line."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.lib.names import unknown_name

WEIGHTS = ("cold", "warm")
OWN_SCOPES = ("kernel", "two_gemm", "layer")
RUNTIME_SCOPES = ("op",)
BACKENDS = ("gpu", "interpreter")
RUN_TIME = ("GROUP_SIZE_M", "top_k")
PROFILES = ("uniform", "zipf")
RECORDED = "recorded:"


@dataclass(frozen=True)
class Conditions:
    """What is timed and on what inputs; cells are comparable only under equal conditions.

    ``profile``: routing of tokens to experts: ``uniform``, ``zipf`` or ``recorded:<file>``.
    ``weights``: ``cold`` rotates weight sets so that no pass reads what the L2 cache kept,
    ``warm`` replays one. ``scope``: ``kernel`` is the gate-up GEMM alone, ``two_gemm`` both GEMMs
    of a layer, ``layer`` all of it with alignment, quantisation and activation, ``op`` the same by
    the runtime's own operator (scripts.runtime). ``backend``:
    ``gpu``, or ``interpreter`` for Triton's on a CPU (to try the harness; its times mean nothing).
    ``run_time``: kernel parameters left to the launch, so that one binary serves all their values.
    InputError for a name that none of these have.
    """

    profile: str = "uniform"
    weights: str = "cold"
    scope: str = "two_gemm"
    backend: str = "gpu"
    run_time: tuple[str, ...] = ("GROUP_SIZE_M",)

    def __post_init__(self) -> None:
        choices: list[tuple[str, str, tuple[str, ...]]] = [
            ("weights", self.weights, WEIGHTS),
            ("scope", self.scope, (*OWN_SCOPES, *RUNTIME_SCOPES)),
            ("backend", self.backend, BACKENDS),
            *(("run-time parameter", name, RUN_TIME) for name in self.run_time),
        ]
        if not self.profile.startswith(RECORDED):
            choices.append(("routing profile", self.profile, (*PROFILES, f"{RECORDED}<file>")))
        for what, name, known in choices:
            if name not in known:
                raise unknown_name(what, name, known)
