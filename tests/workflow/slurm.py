"""A SLURM cluster of this one machine, with pretended GPUs: real munged, slurmctld and slurmd.

``python -m tests.workflow.slurm FOLDER`` keeps one up until it is interrupted and prints the
variable by which sbatch, squeue and Snakemake find it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
_PATH = f"{os.environ['PATH']}:/usr/sbin"
# Job steps start without SLURM_CONF: the settings have to be where every cluster has them.
SYSTEM = Path("/etc/slurm/slurm.conf")
# Any file will do as the device of a GPU that nobody opens; SLURM wants one for each.
PRETENDED = ("/dev/null", "/dev/zero")
MEMORY_MB = 1000
PATIENCE_S = 30.0


def why_not() -> str | None:
    """Why there can be no cluster here; None if there can."""
    lacking = [name for name in DAEMONS if shutil.which(name, path=_PATH) is None]
    if lacking:
        return f"no {', '.join(lacking)}; apt-get install slurm-wlm munge"
    if SYSTEM.exists():
        return f"{SYSTEM}: this machine is part of a cluster already"
    return "slurmd wants root" if os.geteuid() else None


@contextmanager
def cluster(folder: Path) -> Iterator[dict[str, str]]:
    """Run one with its files in ``folder``; yields the environment variables of its users."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    key, secret = folder / "munge.key", folder / "munge.socket"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    settings = folder / "slurm.conf"
    settings.write_text(_settings(folder, secret), encoding="utf-8")
    lines = (f"Name=gpu File={device}\n" for device in PRETENDED)
    (folder / "gres.conf").write_text("".join(lines), encoding="utf-8")
    variables = {"SLURM_CONF": str(settings)}
    munged = ["munged", "--foreground", "--force", f"--key-file={key}", f"--socket={secret}"]
    munged += [f"--{name}-file={folder}/munge.{name}" for name in ("pid", "log", "seed")]
    with ExitStack() as running:
        SYSTEM.symlink_to(settings)
        running.callback(SYSTEM.unlink)
        for command in (munged, ["slurmctld", "-D", "-i"], ["slurmd", "-D"]):
            running.enter_context(_daemon(command, folder, variables))
            if command is munged:
                _until(secret.exists, "munged makes no socket", folder)
        _until(lambda: _idle(variables), "the node does not come up", folder)
        yield variables


def _settings(folder: Path, secret: Path) -> str:
    """slurm.conf. No accounting, no cgroups: what a container lets a root user do."""
    host, (control, node) = socket.gethostname().partition(".")[0], _free_ports(2)
    for name in ("state", "spool"):
        (folder / name).mkdir(exist_ok=True)
    values = {
        "ClusterName": "graphx",
        "SlurmctldHost": f"{host}(127.0.0.1)",
        "SlurmctldPort": control,
        "SlurmdPort": node,
        "CommunicationParameters": "NoInAddrAny,NoCtldInAddrAny",
        "SlurmUser": "root",
        "AuthType": "auth/munge",
        "AuthInfo": f"socket={secret}",
        "CredType": "cred/munge",
        "StateSaveLocation": folder / "state",
        "SlurmdSpoolDir": folder / "spool",
        "SlurmctldPidFile": folder / "slurmctld.pid",
        "SlurmdPidFile": folder / "slurmd.pid",
        "ProctrackType": "proctrack/linuxproc",
        "TaskPlugin": "task/none",
        "JobAcctGatherType": "jobacct_gather/none",
        "AccountingStorageType": "accounting_storage/none",
        "SelectType": "select/cons_tres",
        "SelectTypeParameters": "CR_CPU",
        "SchedulerParameters": "sched_interval=1,batch_sched_delay=0",
        "GresTypes": "gpu",
        "ReturnToService": 2,
        "KillWait": 1,
    }
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    cores, gpus = os.cpu_count(), len(PRETENDED)
    text += f"NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={MEMORY_MB}"
    text += f" Gres=gpu:{gpus} State=UNKNOWN\n"
    return text + f"PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP\n"


def _free_ports(number: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def _daemon(command: list[str], folder: Path, variables: dict[str, str]) -> Iterator[None]:
    program = shutil.which(command[0], path=_PATH)
    assert program is not None
    with (
        (folder / f"{command[0]}.out").open("wb") as log,
        subprocess.Popen(
            [program, *command[1:]], env=os.environ | variables, stdout=log, stderr=log
        ) as process,
    ):
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _idle(variables: dict[str, str]) -> bool:
    command = ["sinfo", "--noheader", "--format=%T"]
    done = subprocess.run(
        command, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() == "idle"


def _until(there: Callable[[], bool], otherwise: str, folder: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while not there():
        if time.monotonic() > until:
            said = [path.read_text(errors="replace")[-2000:] for path in folder.glob("*.out")]
            raise AssertionError("\n".join([otherwise, *said]))
        time.sleep(0.1)


def main(folder: Path) -> None:
    """Keep a cluster up."""
    reason = why_not()
    if reason:
        sys.exit(f"error: {reason}")
    with cluster(folder.resolve()) as variables:
        for name, value in variables.items():
            print(f"export {name}={value}", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main(Path(sys.argv[1]))
