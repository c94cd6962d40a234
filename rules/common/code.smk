"""The code, the rules and the locked spec that results follow from."""

import hashlib

from scripts.lib.files import InputError, sha256
from scripts.lib.imports import closure
from scripts.lib.spec import LOCK, SPEC, read_spec

# What is decided by the locked spec has both as inputs: an edited spec must not go unnoticed.
LOCKED_SPEC = [SPEC.as_posix(), LOCK.as_posix()]

# Modules that recorded commands name.
COMMANDS = [
    "scripts/measure/sweep.py",
    "scripts/runtime/judge.py",
    "scripts/runtime/study.py",
    "scripts/tune/run.py",
    "scripts/tune/study.py",
]


def code(script, *others):
    """Digest of a module and of all that it imports, for `params`: new code, new results.

    ``script``: the rule's own once more, since a param that is taken from the input is compared by
    nobody. ``others``: modules, or folders of them, that it runs by names that it reads. Listed as
    inputs instead, the same files would fill the screen with every job.
    """
    digest = hashlib.sha256()
    for path in closure(Path(one) for one in (script, *others)):
        digest.update(f"{path.as_posix()} {sha256(path)}\n".encode())
    return digest.hexdigest()[:16]


def results_of(phase=None):
    """Input function: what the rules of a phase, called ``<phase>_<step>``, or all rules make.

    Without what is in build/: that is made where the network or a GPU is asked for.
    """

    def made(wildcards):
        return [
            path
            for rule in workflow.rules
            if phase in (None, rule.name.partition("_")[0])
            for path in rule.output
            if path.startswith("results/")
        ]

    return made


def locked(name):
    """A number of the locked spec, for example ``win_margin``."""
    try:
        return getattr(read_spec(), name)
    except InputError as error:
        raise WorkflowError(str(error)) from None
