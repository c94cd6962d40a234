"""The controller's side on a real GPU: its readings, who else is on it, several GPUs at once."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from scripts.lib.chain import read_chain
from scripts.measure.controller.monitor import Monitor, summary
from scripts.measure.device.choose import open_gpu

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"),
]
CONFIGS = [f"M16-N{n}-K64-G{g}-W4-S{s}" for n in (32, 64) for g in (1, 16) for s in (2, 3)]
# Multiplies until it is killed; says so when it has begun.
BUSY = (
    "import torch\n"
    "x = torch.randn(8192, 8192, device='cuda', dtype=torch.float16)\n"
    "(x @ x).sum().item(); print('busy', flush=True)\n"
    "while True: x @ x; torch.cuda.synchronize()\n"
)


def sweep(ledger: Path, shapes: list[str], *words: str) -> "subprocess.CompletedProcess[str]":
    device = open_gpu(0, "gpu").identity()["device"]
    cells = [f"{device}/{shape}/M{tokens}" for shape in shapes for tokens in (1, 16)]
    command = [sys.executable, "-m", "scripts.measure.sweep", "--ledger", str(ledger)]
    command += ["--cells", *cells, "--configs", *CONFIGS, *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)


@pytest.fixture
def busy_gpu():
    process = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "busy\n"
    time.sleep(1.5)  # utilisation is a mean over about a second
    yield
    process.kill()
    process.wait()


def test_identity_and_state_are_of_this_gpu():
    gpu = open_gpu(0, "gpu")
    identity, state = gpu.identity(), gpu.state()
    assert identity["index"] == 0
    assert identity["uuid"]
    assert identity["name"].split()[-1] in torch.cuda.get_device_name(0)
    assert 0 < state.sm_clock_mhz <= identity["max_sm_clock_mhz"]
    assert 0 < state.temperature_c < 120
    assert 0 < state.power_w <= 1.5 * identity["power_limit_w"]
    assert state.processes >= 0


def test_the_monitor_sees_the_clock_rise_under_work():
    x = torch.randn(4096, 4096, device="cuda", dtype=torch.float16)
    with Monitor(open_gpu(0, "gpu"), period_s=0.1) as monitor:
        until = time.monotonic() + 2.0
        while time.monotonic() < until:
            x @ x
            torch.cuda.synchronize()
    found = summary(monitor.states)
    assert found["readings"] > 10
    assert found["sm_clock_max_mhz"] >= found["sm_clock_min_mhz"] > 0
    assert max(state.utilisation or 0 for state in monitor.states) > 50


def test_a_busy_gpu_is_refused_and_where_allowed_marked(tmp_path: Path, busy_gpu: None) -> None:
    ledger = tmp_path / "ledger.jsonl"
    refused = sweep(ledger, ["E8-N256-K512-top2-bf16"])
    assert refused.returncode == 2, refused.stderr
    assert "GPU 0 is busy" in refused.stderr
    assert not ledger.exists()
    allowed = sweep(ledger, ["E8-N256-K512-top2-bf16"], "--allow-busy")
    assert allowed.returncode == 0, allowed.stderr
    cells = [body for body in read_chain(ledger) if body["kind"] == "cell"]
    assert len(cells) == 2
    assert all("busy" in cell["marks"] for cell in cells)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_all_gpus_of_the_host_share_one_sweep(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    shapes = [f"E8-N{256 * n}-K512-top2-bf16" for n in range(1, 2 * torch.cuda.device_count() + 1)]
    done = sweep(ledger, shapes, "--gpus", "all", "--allow-busy")
    assert done.returncode == 0, done.stderr
    bodies = list(read_chain(ledger))
    attempts = [(b["cell_id"], b["config_id"]) for b in bodies if b["kind"] == "attempt"]
    assert len(attempts) == len(set(attempts)) == 2 * len(shapes) * len(CONFIGS)
    runs = {b["run_id"]: b["gpu"] for b in bodies if b["kind"] == "run"}
    assert len({gpu["uuid"] for gpu in runs.values()}) == torch.cuda.device_count()
    probes = {b["run_id"]: b for b in bodies if b["kind"] == "disturbance"}
    assert set(probes) == set(runs)
    assert all(probe["error"] is None and probe["ratio"] > 0 for probe in probes.values())
    by_run = {b["run_id"] for b in bodies if b["kind"] == "cell"}
    assert by_run == set(runs)  # each GPU had its part
