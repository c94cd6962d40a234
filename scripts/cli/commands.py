"""What ``graphx`` offers: each command is a module with a ``main(argv)`` of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """``module``: whose ``main`` it is; ``given``: arguments that come before the user's.

    ``anywhere``: it reads none of the tables below the current folder.
    """

    about: str
    module: str
    given: tuple[str, ...] = ()
    anywhere: bool = False


COMMANDS = {
    "config": Command("files for a model on a GPU, without that GPU", "scripts.catalogue.config"),
    "check": Command("whether config files are found and still good", "scripts.health.check"),
    "tune": Command("search a layer on this machine's GPU; write its files", "scripts.tune.run"),
    "plan": Command("what `tune` would try first, without a GPU", "scripts.tune.run", ("--plan",)),
    "judge": Command(
        "choose a tuned file's rows by vLLM's own operator, on this machine's GPU",
        "scripts.runtime.judge",
    ),
    "survey": Command(
        "plan what to measure on a GPU that was never recorded", "scripts.tune.survey.plan"
    ),
    "record": Command(
        "carry a survey out on this machine's GPU, as recordings", "scripts.tune.survey.run"
    ),
    "evidence": Command(
        "legs of a suite on vLLM's engine, as a set of evidence; on this machine's GPU",
        "scripts.evidence.run",
    ),
    "stands": Command(
        "whether a set of evidence still stands, by its re-run", "scripts.evidence.compare"
    ),
    "matrix": Command(
        "take an engine's switches, from a YAML, through their levels on this machine's GPU",
        "scripts.matrix.run",
    ),
    "sim": Command(
        "predict, rank and train: graphx-sim's commands", "scripts.sim.cli", anywhere=True
    ),
    "trace": Command("where each number of the results comes from", "scripts.report.trace"),
    "completion": Command("completion of all this for bash or zsh", "scripts.cli.completion"),
}
