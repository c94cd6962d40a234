"""The cost benchmark on a machine without a GPU: its commands, its reading."""

import argparse
from pathlib import Path

import pytest
import torch

from scripts.lib.chain import Chain
from scripts.lib.files import InputError
from scripts.lib.shape import BATCH_LADDER, Cell, parse_shape
from scripts.measure.tuning_cost import commands, main, read_tuned, run_steps
from scripts.sim.shortlist import main as shortlist_main
from scripts.sim.stamp import main as stamp_main

SHAPE = parse_shape("E8-N3584-K4096-top2-bf16")


def arguments(tmp_path: Path) -> argparse.Namespace:
    names = ("space", "proposals", "model")
    return argparse.Namespace(
        **{name: Path(f"{name}.x") for name in names}, budget=128, work=tmp_path
    )


def test_every_step_is_a_command_that_its_own_parser_accepts(tmp_path, capsys):
    cells = [Cell("NVIDIA_H200", SHAPE, tokens) for tokens in BATCH_LADDER]
    steps = commands(arguments(tmp_path), cells)
    assert list(steps) == ["plan", "predict", "shortlist", "sweep"]
    assert "--without committed" in " ".join(steps["plan"])
    assert sum(part.endswith("/M64") for part in steps["plan"]) == 1
    # Accepted arguments end in a missing file (2, with a message), refused ones in SystemExit.
    assert stamp_main(steps["predict"][1:]) == 2
    assert shortlist_main(steps["shortlist"][1:]) == 2
    assert "not found" in capsys.readouterr().err


def test_a_step_that_fails_stops_the_benchmark(tmp_path):
    with pytest.raises(InputError, match="plan --nonsense: ended with status 2"):
        run_steps({"plan": ["scripts.measure.plan", "--nonsense"]}, tmp_path)


def test_what_the_sweep_did_is_read_from_its_ledger(tmp_path):
    chain = Chain(tmp_path / "ledger.jsonl")
    attempt = {"kind": "attempt", "run_id": "r", "cell_id": "c", "gpu_seconds": 0.25}
    lines = [
        {"kind": "compiled", "run_id": "r", "binaries": 12, "failed": 0, "seconds": 3.5},
        attempt | {"config_id": "a"},
        attempt | {"config_id": "b"},
        {"kind": "finals", "cell_id": "c", "slots": ["a", "b", "b"],
         "us": [[5.0, 4.0, 4.2], [5.0, 4.1, 9.0], [5.0, 4.2, 4.2]]},
        {"kind": "cell", "cell_id": "c", "gpu_seconds": 0.75},
    ]  # fmt: skip
    for line in lines:
        chain.append(line)
    chain.close()
    tuned = read_tuned(tmp_path / "ledger.jsonl")
    assert tuned["chosen"] == {"c": "b"}
    assert (tuned["trials"], tuned["binaries"], tuned["compile_seconds"]) == (2, 12, 3.5)
    assert (tuned["trial_seconds"], tuned["cell_seconds"]) == (0.5, 0.75)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_it_says_so(tmp_path, capsys):
    options = {"shape": SHAPE.id, "space": "s", "proposals": "p", "work": tmp_path, "out": "o"}
    argv = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    assert main(argv) == 2
    assert "no GPU that torch can use" in capsys.readouterr().err
