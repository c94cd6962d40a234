"""A kernel file, compiled for GPUs that are not there, and the estimate with all its parts."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.sim import analyze, cli
from scripts.sim.kernel_file import load_kernel
from scripts.sim.simulator import Simulator

ROOT = Path(__file__).parents[2]
KERNEL = ROOT / "kernels/moe_gemm.py"
CONFIG = "M16-N64-K64-G1-W4-S2"
PARTS = {"bytes", "flops", "tiles", "waves", "tail", "occupancy", "limiting_unit", "confidence"}


@pytest.fixture(scope="module")
def model(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.json"
    simulator.save(path)
    return path


@pytest.fixture(autouse=True)
def _compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children compile, whatever other tests chose for this process."""
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)


def ask(
    capsys: pytest.CaptureFixture[str], model: Path, kernel: Path, device: str, *more: str
) -> tuple[int, str, str]:
    given = [str(kernel), "--arch", device, "--lang", "triton", "--model", str(model), *more]
    status = cli.main(["analyze", *given])
    said = capsys.readouterr()
    return status, said.out, said.err


def one_cell() -> tuple[str, ...]:
    return ("--tokens", "64", "--config", CONFIG)


def test_estimate_for_an_absent_gpu(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    status, out, _ = ask(capsys, model, KERNEL, "AMD Instinct MI300X", *one_cell(), "--json")
    found: dict[str, Any] = json.loads(out)
    assert status == 0
    assert set(found) >= {*PARTS, "estimated_latency_ms", "model_version"}
    assert (found["device"], found["arch"]) == ("AMD_Instinct_MI300X", "gfx942")
    assert (found["confidence"], found["error"]) == ("not validated", None)
    bandwidth = find_device("AMD_Instinct_MI300X").bandwidth_bytes_s
    assert found["estimated_latency_ms"] > 1000 * found["bytes"]["dram"] / bandwidth
    assert found["flops"]["launched"] > found["flops"]["useful"] > 0
    (cell,) = found["cells"]
    assert cell["config"]["num_stages"] == 2
    assert cell["compiler"]["registers"] > 0
    assert set(cell["gemms"]) == {"gate_up", "down"}
    assert found["bytes"]["dram"] == pytest.approx(
        sum(gemm["bytes"]["dram"] for gemm in cell["gemms"].values()), rel=1e-5
    )


def test_kernel_level_figure_over_the_defaults(
    capsys: pytest.CaptureFixture[str], model: Path
) -> None:
    status, out, _ = ask(capsys, model, KERNEL, "NVIDIA_H200")
    assert status == 0
    assert "; not validated: model v1 has no measured error for bf16 on NVIDIA_H200" in out
    lines = [line for line in out.splitlines() if line.strip().startswith(("1 ", "64 ", "1024 "))]
    assert len(lines) == 3


def test_a_kernel_that_does_not_compile_is_quoted(
    capsys: pytest.CaptureFixture[str], model: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.py"
    text = KERNEL.read_text(encoding="utf-8")
    assert "tl.program_id(0)" in text
    broken.write_text(text.replace("tl.program_id(0)", "tl.program_idea(0)"), encoding="utf-8")
    status, _, err = ask(capsys, model, broken, "NVIDIA_H200", *one_cell())
    assert status == 2
    assert f"{broken}: does not compile for bf16-share2-up" in err
    assert "program_idea" in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import no_such_module", "cannot be loaded: ModuleNotFoundError"),
        ("def broken(:", "cannot be loaded: SyntaxError"),
        ("x = 1", "lacks the kernel moe_gemm_kernel"),
        (
            "import triton\n\n@triton.jit\ndef moe_gem_kernel(a):\n    pass\n",
            "lacks the kernel moe_gemm_kernel .*nearest: moe_gem_kernel",
        ),
    ],
)
def test_a_file_without_the_kernel_is_named(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "kernel.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        load_kernel(path)


@pytest.mark.parametrize(
    ("kernel", "device", "more", "words"),
    [
        (KERNEL, "AMD Instinct MI3000X", (), "unknown device .*nearest: AMD_Instinct_MI300X"),
        (Path("nowhere.py"), "NVIDIA_H200", one_cell(), "nowhere.py: there is no such kernel file"),
        (KERNEL, "NVIDIA_H200", ("--lang", "tritn"), "unknown language 'tritn'; nearest: triton"),
        (KERNEL, "NVIDIA_H200", ("--tokens", "0"), "--tokens is 0; the least is 1"),
    ],
)
def test_clear_errors(
    capsys: pytest.CaptureFixture[str], model: Path, kernel: Path, device: str,
    more: tuple[str, ...], words: str,
) -> None:  # fmt: skip
    status, _, err = ask(capsys, model, kernel, device, *more)
    assert status == 2
    assert err.startswith("error: ")
    assert re.search(words, err), err


def test_no_model_says_how_to_get_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    given = [str(KERNEL), "--arch", "NVIDIA_H200", "--model", str(tmp_path / "none.json")]
    assert analyze.main(given) == 2
    assert "none.json: there is no model yet; `make` fits one" in capsys.readouterr().err


def test_the_command_runs_from_any_folder(tmp_path: Path) -> None:
    """Through the launcher as `make` installs it, in a folder with a `scripts` of its own."""
    folder = tmp_path / "checkout" / ".venv" / "bin"
    folder.mkdir(parents=True)
    launcher = folder / "graphx-sim"
    launcher.write_bytes((ROOT / "scripts/sim/graphx-sim").read_bytes())
    launcher.chmod(0o755)
    (folder / "python").symlink_to(ROOT / ".venv/bin/python")
    for name in ("scripts", "kernels"):
        (tmp_path / "checkout" / name).symlink_to(ROOT / name)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/__init__.py").write_text("raise SystemExit('the wrong package')")
    done = subprocess.run(
        [launcher, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "analyze" in done.stdout


def test_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["analyse"]) == 2
    assert "unknown command 'analyse'; nearest: analyze" in capsys.readouterr().err


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert f"graphx-sim {name}" in said
    assert "example" in said


def test_what_cannot_launch_has_no_latency(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    # Many stages of a small tile: as large as a large one, and compiled in a tenth of the time.
    big = ("--tokens", "64", "--config", "M16-N64-K256-G1-W4-S8")
    status, out, _ = ask(capsys, model, KERNEL, "NVIDIA_H200", *big, "--json")
    found = json.loads(out)
    cell = found["cells"][0]
    assert status == 0
    assert found["estimated_latency_ms"] is None
    assert "occupancy" not in found
    assert "occupancy" not in cell
    assert (cell["legality"], cell["estimated_latency_ms"]) == ("illegal", None)
    assert cell["needed"] == cell["compiler"]["shared_bytes"] > cell["available"] == 232448
    _, said, _ = ask(capsys, model, KERNEL, "NVIDIA_H200", *big)
    assert "no latency" in said
    assert f"illegal: needs {cell['needed']:,} bytes of shared memory" in said


def test_outside_the_searched_space_is_legal(
    capsys: pytest.CaptureFixture[str], model: Path
) -> None:
    odd = ("--tokens", "64", "--config", "M16-N64-K64-G8-W4-S2")
    _, out, _ = ask(capsys, model, KERNEL, "NVIDIA_H200", *odd, "--json")
    cell = json.loads(out)["cells"][0]
    assert cell["legality"] == "outside_space"
    assert cell["estimated_latency_ms"] > 0
    _, said, _ = ask(capsys, model, KERNEL, "NVIDIA_H200", *odd)
    assert "(outside the searched space)" in said
