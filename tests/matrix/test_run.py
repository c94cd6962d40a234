"""The command: what it lists, refuses, boots and draws."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from scripts.engine.spec import environment_of
from scripts.lib.exclusive import exclusive
from scripts.lib.files import InputError, write_json
from scripts.matrix import drawn, metadata, run
from scripts.matrix.cells import cells_of
from scripts.matrix.reading import read_matrix
from scripts.matrix.resolved import resolved
from tests.matrix.conftest import SWITCHES
from tests.matrix.small_run import small_run
from tests.matrix.test_switches import OURS, changed


def test_cells_are_listed_without_a_gpu(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run.main(["--switches", str(SWITCHES), "--out", str(tmp_path), "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(cells_of(read_matrix(SWITCHES)))
    assert "P3  small/inputs=fp8  (not supported: not on this GPU)" in lines[4]


def test_a_run_that_cannot_say_what_it_is_of_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no nvidia-smi, whatever machine this is
    assert run.main(["--switches", str(SWITCHES), "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "metadata: the run is refused" in said and "driver (make nvidia-smi available)" in said
    assert not list(tmp_path.iterdir())


def test_a_second_run_on_a_record_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "check", lambda _: None)  # of a GPU, which is not here
    monkeypatch.setattr(run, "exclusive", partial(exclusive, patience_s=0.1))
    with exclusive(tmp_path / run.RECORD):
        assert run.main(["--switches", str(SWITCHES), "--out", str(tmp_path)]) == 2
    said = f"error: {tmp_path / run.RECORD}: another run writes this record; wait for it"
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [f"{run.RECORD}.lock"]


def test_a_field_that_no_engine_has_is_said_where_there_is_no_gpu(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    value = changed(engine={"max_sequences": 4})
    write_json(tmp_path / "my.json", value)
    given = ["--switches", str(tmp_path / "my.json"), "--out", str(tmp_path / "out"), "--list"]
    assert run.main(given) == 2
    assert "small/baseline: max_sequences: no such field" in capsys.readouterr().err


def test_only_known_cells_are_chosen_with_what_rides_in_them() -> None:
    cells = cells_of(read_matrix(SWITCHES))
    chosen = [cell.id for cell in run.chosen(cells, ["small/again-1"])]
    assert chosen == ["small/again-1", "small/planted-wrong-path"]
    with pytest.raises(InputError, match=r"nearest: .*small/again-1"):
        run.chosen(cells, ["small/again"])


def test_what_is_booted_is_what_the_settings_say(tmp_path: Path) -> None:
    matrix = resolved(read_matrix(OURS))
    specs = run.specs_of_drawn(matrix, cells_of(matrix), tmp_path)
    both = specs["gpt-oss/attention=TRITON_ATTN+moe_backend=marlin"]
    assert (both.moe_backend, both.attention_backend) == ("marlin", "TRITON_ATTN")
    assert both.weights == str(tmp_path / "weights/gpt-oss") and both.model is None
    eager = specs["gpt-oss/graphs=off"]
    assert eager.eager and eager.arguments["compilation_config"]["cudagraph_mode"] == "NONE"
    fp8 = environment_of(specs["gpt-oss/activation=marlin_fp8"], tmp_path, {})
    assert fp8["VLLM_MARLIN_INPUT_DTYPE"] == "fp8" and fp8["GRAPHX_DRAWN"] == "1"
    whole = specs["gpt-oss-20b/baseline"].config()
    assert whole["num_hidden_layers"] == 24 and whole["vocab_size"] == 201_088
    assert whole["quantization_config"]["quant_method"] == "mxfp4"
    assert len({spec.name for spec in specs.values()}) == len(specs)
    two = specs["gpt-oss-two/expert_parallel=two_gpus"]
    assert two.expert_parallel and two.arguments["tensor_parallel_size"] == 2
    assert two.weights == specs["gpt-oss/baseline"].weights  # the same model, drawn once
    assert specs["qwen3-int4/baseline"].weights != specs["qwen3/baseline"].weights
    head = specs["gpt-oss/speculative=eagle3"].speculative
    assert head is not None and head["model"] == str(tmp_path / "weights/gpt-oss-eagle3")
    assert (tmp_path / "weights/gpt-oss-eagle3/config.json").is_file()


def test_the_reference_has_the_prompts_that_engines_draw() -> None:
    matrix = resolved(read_matrix(OURS))
    prompts = drawn.prompts_of(matrix.models["gpt-oss"], matrix, 0)
    numbers = matrix.numbers
    assert (len(prompts), len(prompts[0])) == (numbers.prompts, numbers.prompt_length)
    # As scripts.engine.vllm_engine: of the first ten thousand tokens, by the seeds of both.
    draw = np.random.default_rng((0, 3)).integers(0, 10_000, (8, 64))
    assert prompts == draw.tolist()


def test_a_run_ends_with_its_pages(tmp_path: Path) -> None:
    ran = small_run()
    (tmp_path / run.RECORD).write_bytes(ran.path.read_bytes())
    run.report(SWITCHES, tmp_path)
    page = (tmp_path / "pages/FEATURE_MATRIX.md").read_text()
    assert "| P2 | small/moe=marlin | valid |" in page
    assert "Measured by graphx" in (tmp_path / "pages/TARGETS.md").read_text()
