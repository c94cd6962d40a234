"""Synthetic tuners on the invented layer, as the probes see them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scripts.audit.bench import Problem
from scripts.audit.faults import Fault
from scripts.audit.finding import Finding, Subject, answered
from scripts.audit.noise import Noise
from scripts.audit.probes import PROBES
from scripts.audit.synthetic import Synthetic
from scripts.audit.world import World
from tests.audit.invented import layer, noise_table


def subject(fault: Fault | None = None, strength: float = 0.0, seed: int = 0) -> Subject:
    """A tuner with one fault, or without any."""
    of = layer(seed=seed)
    # Families that do not go with the tiles.
    tactics = tuple(
        replace(one, num_warps=4 + 4 * (place % 2)) for place, one in enumerate(of.tactics)
    )
    of = replace(of, tactics=tactics)
    faults = {} if fault is None else {fault: strength}
    world = World(of, Noise(noise_table()), np.random.default_rng(seed), faults)
    return Subject(Synthetic(of, faults), world, [Problem(of.cell(one)) for one in of.tokens])


def finding(probe: str, of: Subject) -> Finding:
    return answered(PROBES[probe], of)
