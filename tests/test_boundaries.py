"""Data flows one way: what each package may import, read from the source."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PHASES = sorted(
    path.name
    for path in (ROOT / "scripts").iterdir()
    if (path / "__init__.py").exists() and path.name != "lib"
)
# phase -> what it imports besides scripts.lib. Measuring runs the kernels, the others compile them.
# A report has its sentences judged before it writes them.
EXCEPTIONS = {
    # The audit replays recorded cells or times on measuring's operands, and S1-S8, with what tuning
    # knows before the first trial, is one of the tuners that it puts to the test.
    "audit": {"kernels", "scripts.measure", "scripts.transfer", "scripts.tune"},
    # The small model is a network of its own; what is asked is vLLM as it is installed.
    "evidence": {"kernels", "scripts.runtime"},
    "measure": {"kernels"},
    "sim": {"kernels"},
    "space": {"kernels"},
    "report": {"scripts.claims"},
    # The command offers the names that tuning knows.
    "cli": {"scripts.tune"},
    # The runtime's operator is measured by measuring's worker, on its operands.
    "runtime": {"kernels", "scripts.measure"},
    # A file holds what the runtime's operator chose, where it was recorded.
    "export": {"scripts.runtime"},
    # Files without a GPU are made of what tuning would start from.
    "catalogue": {"scripts.export", "scripts.sim", "scripts.transfer", "scripts.tune"},
    # Files are judged by what their rows would take on the GPU, by graphx-sim with the bands of
    # what it expects, and on a GPU by trials under either kernel.
    "health": {
        "kernels",
        "scripts.catalogue",
        "scripts.measure",
        "scripts.runtime",
        "scripts.sim",
    },
    # What the engine recorded is told with what chose its rows.
    "serving": {"scripts.runtime"},
    # Tuning joins what the others do one by one: it asks as transfer does, and measures, and the
    # runtime's operator has the last word.
    "tune": {
        "kernels",
        "scripts.measure",
        "scripts.runtime",
        "scripts.sim",
        "scripts.space",
        "scripts.transfer",
    },
}
# Phases that measure by the engine boot it in the engine room.
USES_THE_ENGINE_ROOM = {"evidence", "matrix", "runtime"}
# Packages that run on the machine with the GPU, and all that such a machine must have.
ON_THE_GPU_MACHINE = [
    "scripts/audit/live",
    "scripts/engine",
    "scripts/evidence",
    "scripts/matrix",
    "scripts/measure",
    "scripts/ledger",
    "scripts/runtime",
    "scripts/sim",
    "scripts/space",
    "scripts/tune",
    "kernels",
]
GPU_MACHINE_HAS = {
    "torch",
    "triton",
    "pynvml",
    "amdsmi",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
}
GPU_MACHINE_HAS |= {"threadpoolctl"}  # scikit-learn brings it

# Imported by a function that the GPU machine does not call, or calls only where it is installed.
NOT_CALLED_THERE = {
    "scripts/lib/files.py": {"yaml"},
    "scripts/lib/params.py": {"jsonschema"},
    "scripts/audit/live/flashinfer/bench.py": {"flashinfer"},
    "scripts/audit/live/flashinfer/tuner.py": {"flashinfer"},
    "scripts/engine/bench_client.py": {"vllm"},
    "scripts/engine/inside.py": {"vllm"},
    "scripts/engine/planted.py": {"vllm"},
    "scripts/engine/vllm_engine.py": {"vllm"},
    "scripts/matrix/checkpoint.py": {"safetensors"},  # comes with vLLM
    "scripts/matrix/engine.py": {"vllm"},
    "scripts/matrix/pages/write.py": {"jinja2"},
    "scripts/matrix/reference.py": {"safetensors", "transformers"},  # likewise
    "scripts/runtime/drawn_op.py": {"vllm"},
    "scripts/runtime/loaded.py": {"vllm"},
    "scripts/runtime/op.py": {"vllm"},
    "scripts/runtime/sglang_op.py": {"vllm"},
}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Dotted names of all modules that a file imports, those inside functions included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def own(names: set[str]) -> set[str]:
    """Packages of this repository among the names: kernels, or scripts.<phase>."""
    parts = [name.split(".") for name in names]
    scripts = {".".join(part[:2]) for part in parts if part[0] == "scripts"}
    return scripts | {"kernels" for part in parts if part[0] == "kernels"}


def third_party(names: set[str]) -> set[str]:
    tops = {name.split(".")[0] for name in names}
    return tops - set(sys.stdlib_module_names) - {"scripts", "kernels"}


@pytest.mark.parametrize("phase", PHASES)
def test_phase_imports_shared_words_and_itself(phase: str) -> None:
    allowed = {"scripts.lib", f"scripts.{phase}"} | EXCEPTIONS.get(phase, set())
    room = {"scripts.engine"} if phase in USES_THE_ENGINE_ROOM else set()
    for path in modules(f"scripts/{phase}"):
        assert own(imported(path)) <= allowed | room, path


def test_exceptions_are_still_needed() -> None:
    for phase, exceptions in EXCEPTIONS.items():
        found = set().union(*(own(imported(path)) for path in modules(f"scripts/{phase}")))
        assert exceptions <= found


def test_shared_words_import_no_phase() -> None:
    for path in modules("scripts/lib"):
        assert own(imported(path)) <= {"scripts.lib"}, path


def test_kernels_import_torch_and_triton_only() -> None:
    for path in modules("kernels"):
        names = imported(path)
        assert own(names) <= {"kernels"}, path
        assert third_party(names) <= {"torch", "triton"}, path


def source_of(name: str) -> Path | None:
    """The file that a dotted name of this repository stands for, if it stands for one."""
    path = ROOT / name.replace(".", "/")
    found = (p for p in (path.with_suffix(".py"), path.parent.with_suffix(".py")) if p.exists())
    return next(found, None)


@pytest.mark.parametrize("folder", ON_THE_GPU_MACHINE)
def test_gpu_machine_needs_nothing_more(folder: str) -> None:
    """Also through what the modules import of this repository, and what that imports."""
    waiting, seen = modules(folder), set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        names = imported(path)
        excepted = NOT_CALLED_THERE.get(path.relative_to(ROOT).as_posix(), set())
        assert third_party(names) <= GPU_MACHINE_HAS | excepted, path
        waiting += {found for name in names if (found := source_of(name))} - seen


@pytest.mark.parametrize("phase", [*PHASES, "lib"])
def test_no_module_knows_the_workflow(phase: str) -> None:
    for path in modules(f"scripts/{phase}"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(snakemake|dvc)\b|params\.yaml", text, re.IGNORECASE), path
