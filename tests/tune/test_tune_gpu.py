"""The command on a GPU: a small layer tuned in few trials, its files and its ledger."""

from __future__ import annotations

import json

import pytest

from scripts.ledger.scan import report
from scripts.lib.chain import read_chain
from scripts.lib.shape import BATCH_LADDER
from scripts.measure.device.choose import open_gpu
from scripts.tune.run import main
from tests.tune.test_plan import arguments

pytestmark = pytest.mark.gpu

LAYER = "E8-N256-K512-top2-bf16"


def test_a_layer_that_no_file_covers_is_tuned(world, tmp_path, capsys):
    argv = arguments(world, tmp_path, "--shape", LAYER, "--budget", "4")
    argv[1] = open_gpu(0, "gpu").identity()["device"]
    assert main(argv) == 0
    record = json.loads((tmp_path / "tuned.json").read_text())
    assert [batch["tokens"] for batch in record["batches"]] == list(BATCH_LADDER)
    assert all(1 <= batch["trials"] <= 4 for batch in record["batches"])
    assert json.loads((tmp_path / record["files"]["vllm"]).read_text())
    assert "4096" in capsys.readouterr().out
    assert report([tmp_path / "ledger.jsonl"])["findings"] == []
    bodies = list(read_chain(tmp_path / "ledger.jsonl"))
    first_trial = next(i for i, b in enumerate(bodies) if b["kind"] == "attempt")
    compiled_later = [b for b in bodies[first_trial:] if b["kind"] == "compile"]
    assert compiled_later  # the GPU did not wait for all of them
