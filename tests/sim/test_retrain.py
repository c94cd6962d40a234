"""Retraining on recorded trials: one candidate passes both gates, one fails at each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scripts.lib.files import InputError
from scripts.sim.gates import SPEC, Gates, gate_one
from scripts.sim.retrain import REFUSED, main, next_version
from scripts.sim.simulator import load
from scripts.sim.train import train

A, B = "E128-N768-K2048-top8", "E8-N3584-K4096-top2"
C, D = "E8-N1792-K4096-top2", "E128-N384-K2048-top8"
Part = tuple[str, tuple[int, ...]]
GATES = Gates.read()
ERRORS = [{"device": "NVIDIA_H200", "scheme": "bf16", "error": 0.1}]


def cells_of(recorded: pd.DataFrame, parts: list[Part]) -> pd.DataFrame:
    chosen = [(recorded["layer"] == layer) & recorded["tokens"].isin(ms) for layer, ms in parts]
    return recorded[pd.concat(chosen, axis=1).any(axis=1)].reset_index(drop=True)


class Flywheel:
    """A current model that has learned from some cells, and a flywheel that holds others."""

    def __init__(self, recorded: pd.DataFrame, facts: pd.DataFrame, folder: Path) -> None:
        self.recorded, self.facts, self.folder = recorded, facts, folder

    def turn(self, known: list[Part], flywheel: list[Part], gates: Path = SPEC) -> int:
        """Retrain; the status of the command."""
        current = train(
            cells_of(self.recorded, known), self.facts, 1, "v3", gates=GATES.hash,
            errors=ERRORS, errors_of="v3",
        )  # fmt: skip
        current.save(self.folder / "model.json")
        lines = [
            json.dumps({"cell": cell, "config": config, "measured_us": us, "outcome": "correct",
                        "predicted_us": None, "model_version": None, "run": "r"})
            for cell, config, us in cells_of(self.recorded, flywheel)[
                ["cell_id", "config_id", "us"]
            ].itertuples(index=False)
        ]  # fmt: skip
        (self.folder / "flywheel.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
        return main(
            ["--flywheel", str(self.folder / "flywheel.jsonl"), "--gates", str(gates), "--space",
             "--model", str(self.folder / "model.json"), "--out", str(self.folder / "out")]
        )  # fmt: skip

    def decision(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "out/decision.json").read_text())
        return found


@pytest.fixture
def wheel(recorded: pd.DataFrame, facts: pd.DataFrame, tmp_path: Path) -> Flywheel:
    return Flywheel(recorded, facts, tmp_path)


def test_more_layers_pass_both_gates(wheel: Flywheel) -> None:
    known: list[Part] = [(D, (2048,))]
    status = wheel.turn(known, [*known, (B, (16, 32, 64)), (C, (16, 32, 64))])
    decision = wheel.decision()
    assert (status, decision["promoted"]) == (0, True)
    promoted = load(wheel.folder / "out/model.json")
    assert promoted.version == "v4"
    assert {shape for _, shape in promoted.trained} == {f"{layer}-bf16" for layer in (B, C, D)}
    evidence = promoted.evidence
    assert evidence["follows"] == "v3"
    assert evidence["gates"] == GATES.hash
    assert (promoted.errors, promoted.errors_of) == (ERRORS, "v3")  # not its own
    assert evidence["data"] == decision["data"]
    assert (evidence["seed"], evidence["band"]) == (1, GATES.spec["gate_two"])
    unseen = evidence["metrics"]["unseen"]
    assert unseen["cells"] == 6
    assert unseen["spearman_after"] > unseen["spearman_before"]
    assert unseen["regret_8_after"] <= unseen["regret_8_before"]


def test_lost_trials_are_refused_at_gate_one(wheel: Flywheel) -> None:
    known: list[Part] = [(A, (1, 16, 1024)), (B, (1, 16, 1024))]
    before = wheel.turn(known, [(D, (1,)), (C, (1, 16, 1024))])
    assert before == REFUSED
    reasons = wheel.decision()["reasons"]
    assert any(reason.startswith("spearman on unseen shapes") for reason in reasons["gate_one"])
    assert not (wheel.folder / "out/model.json").exists()
    assert load(wheel.folder / "model.json").version == "v3"


def test_a_class_that_gets_worse_is_refused_at_gate_two(wheel: Flywheel) -> None:
    """Better where tokens are few, and on the mean, but prefill was unlearned."""
    known: list[Part] = [(A, (2048,)), (B, (3072,))]
    status = wheel.turn(known, [(B, (16, 24, 32)), (C, (16, 24, 32, 4096))])
    reasons = wheel.decision()["reasons"]
    assert status == REFUSED
    assert reasons["gate_one"] == []
    assert reasons["gate_two"]
    assert all(reason.startswith("prefill/bf16/few: ") for reason in reasons["gate_two"])
    assert not (wheel.folder / "out/model.json").exists()


def test_moved_gates_and_no_new_shape_are_refused(wheel: Flywheel, tmp_path: Path) -> None:
    spec = json.loads(SPEC.read_text(encoding="utf-8"))
    spec["gate_two"]["spearman_loss"] = 0.5
    moved = tmp_path / "gates.json"
    moved.write_text(json.dumps(spec), encoding="utf-8")
    assert wheel.turn([(C, (16,))], [(C, (16,))], moved) == REFUSED
    reasons = wheel.decision()["reasons"]
    assert reasons["spec"] == ["the gates are not those that v3 was judged under"]
    assert "no shape is new to the current model" in reasons["gate_one"][0]


def test_equal_models_are_no_better() -> None:
    same = pd.DataFrame([{"spearman_before": 0.9, "spearman_after": 0.9,
                          "regret_8_before": 1.01, "regret_8_after": 1.01}])  # fmt: skip
    assert gate_one(same, GATES) == ["no better on unseen shapes than the current model"]


def test_versions_count_up() -> None:
    assert next_version("v9") == "v10"
    with pytest.raises(InputError, match="'draft' is not v1, v2"):
        next_version("draft")
