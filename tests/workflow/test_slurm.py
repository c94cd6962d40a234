"""A sharded sweep on a real SLURM, killed and gone on with: nothing is lost, nothing is twice."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from scripts.ledger.scan import report
from scripts.lib.chain import check_chain, read_chain
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.schemas.plan import PLAN
from scripts.lib.tables import read_table, write_table
from scripts.measure.controller.candidates import plan_of
from tests.workflow.slurm import cluster, why_not
from tests.workflow.tree import Clone

pytestmark = pytest.mark.workflow

CELLS = [f"CPU_interpreter/E2-N{n}-K16-top1-fp16/M1" for n in (16, 32)]
CONFIGS = ["M16-N16-K16-G1-W1-S2", "M16-N16-K16-G1-W2-S2"]
SETTINGS = """\
measure: {parts: 2, plan: build/tiny.parquet, backend: interpreter}
"""
# As README has it, with what this machine has less of.
COMMAND = [
    "snakemake", "--profile", "profiles/slurm", "--configfile", "build/cluster.yaml",
    "--set-threads", "measure_sweep=1", "--seconds-between-status-checks", "2",
    "--default-resources", "mem_mb=100", "runtime=10",
    "--", "measure_consolidate",
]  # fmt: skip
PATIENCE_S = 240.0


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    if reason := why_not():
        pytest.skip(reason)
    with cluster(tmp_path_factory.mktemp("slurm")) as found:
        yield found


def attempts(clone: Clone) -> list[tuple[str, str]]:
    """(cell, config) of every attempt in the ledgers; a line that is being written is none."""
    return [
        (line.body["cell_id"], line.body["config_id"])
        for path in sorted((clone.path / "build/live").glob("ledger-*.jsonl"))
        for line in check_chain(path)
        if line.body.get("kind") == "attempt"
    ]


def until(there: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def jobs(clone: Clone, *options: str) -> list[str]:
    """Ids of the jobs in SLURM's queue."""
    return clone.run("squeue", "--noheader", "--format=%i", *options).stdout.split()


def kill_at_work(clone: Clone) -> None:
    """Kill Snakemake where a part has written an attempt, then one of the jobs with all it runs."""
    said = clone.path / "build/killed.log"
    with said.open("wb") as log, subprocess.Popen(
        COMMAND, cwd=clone.path, env=clone.environment, start_new_session=True,
        stdout=log, stderr=log,
    ) as process:  # fmt: skip
        until(lambda: attempts(clone) or process.poll() is not None, "no job measures anything")
        assert process.poll() is None, said.read_text(encoding="utf-8")[-4000:]
        os.killpg(process.pid, signal.SIGKILL)
    running = jobs(clone, "--states=RUNNING")
    assert running, "jobs outlive the Snakemake that sent them"
    clone.run("scancel", "--full", "--signal=KILL", running[0])


def test_killed_and_resumed(checkout: Callable[[], Clone], variables: dict[str, str]) -> None:
    clone = checkout()
    clone.environment |= variables
    plan = plan_of(CELLS, CONFIGS)
    write_table(clone.path / "build/tiny.parquet", plan, PLAN)
    (clone.path / "build/cluster.yaml").write_text(SETTINGS, encoding="utf-8")
    kill_at_work(clone)
    clone.run("snakemake", "--unlock")
    clone.run(*COMMAND)
    assert jobs(clone) == []

    ledgers = sorted((clone.path / "build/live").glob("ledger-*-of-2.jsonl"))
    assert len(ledgers) == 2
    assert report(ledgers)["findings"] == []
    wanted = Counter((cell, config) for cell in CELLS for config in CONFIGS)
    assert Counter(attempts(clone)) == wanted
    parts = [
        {body["cell_id"] for body in read_chain(path) if "cell_id" in body} for path in ledgers
    ]
    assert sorted(map(len, parts)) == [1, 1]
    trials = read_table(clone.path / "build/live/measured/nvidia_h200-bf16/trials.parquet", TRIALS)
    assert Counter(zip(trials["cell_id"], trials["config_id"], strict=True)) == wanted
    assert set(trials["outcome"]) == {"correct"}
    again = clone.run(*COMMAND)
    assert "Nothing to be done" in again.stdout
    assert jobs(clone) == []
