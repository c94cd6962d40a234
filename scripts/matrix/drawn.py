"""Weights drawn for a run, by processes beside the boots, and what such weights have to answer.

Models with the same weights share them; a draft head has its own.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.engine.journal import Journal
from scripts.engine.outcome import Answer, Outcome, cause_of
from scripts.engine.prompts import draw_prompts
from scripts.lib.files import read_json, write_json
from scripts.matrix.cells import Cell
from scripts.matrix.checkpoint import DONE
from scripts.matrix.record import REFERENCE, key_of
from scripts.matrix.switches import Matrix, Model, drawn_as

LOG = logging.getLogger("matrix.drawn")
_ROOT = Path(__file__).parents[2]
Config = Mapping[str, Any]


def weights_of(folder: Path, name: str) -> Path:
    """Where drawn weights lie."""
    return folder / "weights" / name


def draft_of(cell: Cell) -> Config | None:
    """The config.json of the cell's draft head, if it has one that is to be drawn."""
    given = (cell.engine.get("speculative") or {}).get("model")
    return given if isinstance(given, Mapping) else None


def draft_folder(folder: Path, cell: Cell) -> Path:
    """Where the weights of its draft head lie."""
    return weights_of(folder, f"{cell.model}-{cell.settings['speculative']}")


def wanted(matrix: Matrix, cells: Sequence[Cell], folder: Path) -> dict[Path, tuple[Config, int]]:
    """Folder -> config.json and seed, of all weights that the cells need."""
    found = {}
    for cell in cells:
        name = drawn_as(matrix, cell.model)
        model, draft = matrix.models[name], draft_of(cell)
        if model.seed is not None:
            found[weights_of(folder, name)] = (model.config or {}, model.seed)
        if draft is not None:
            found[draft_folder(folder, cell)] = (draft, model.seed or 0)
    return found


def write_configs(matrix: Matrix, cells: Sequence[Cell], folder: Path) -> None:
    """The config.json of all weights that are not there yet."""
    for own, (config, _) in wanted(matrix, cells, folder).items():
        if not (own / "config.json").exists():
            write_json(own / "config.json", dict(config))


def draw_all(matrix: Matrix, cells: Sequence[Cell], folder: Path) -> list[subprocess.Popen[bytes]]:
    """Begin to draw the weights that are not there yet."""
    begun = []
    for own, (_, seed) in wanted(matrix, cells, folder).items():
        if (own / DONE).exists():
            continue
        command = [
            sys.executable, "-m", "scripts.matrix.checkpoint", "--config",
            str(own / "config.json"), "--seed", str(seed), "--out", str(own),
        ]  # fmt: skip
        begun.append(subprocess.Popen(command, cwd=_ROOT))
    return begun


def prompts_of(model: Model, matrix: Matrix, seed: int) -> list[list[int]]:
    """The prompts of level 2, as an engine of that seed draws them (``Asked.prompts``)."""
    numbers = matrix.numbers
    vocabulary = int((model.config or {})["vocab_size"])
    return draw_prompts((seed, 3), vocabulary, numbers.prompts, numbers.prompt_length)


def refer(matrix: Matrix, name: str, folder: Path, journal: Journal, drawn: Sequence[Any]) -> None:
    """Level 2's reference of a model whose weights are drawn, once."""
    key, model = key_of(f"{name}/{REFERENCE}", REFERENCE), matrix.models[name]
    if model.seed is None or journal.done(key) is not None:
        return
    for process in drawn:
        process.wait()
    prompts, out = folder / f"{name}-prompts.json", folder / f"{name}-reference.json"
    write_json(prompts, prompts_of(model, matrix, int(model.engine.get("seed", 0))))
    command = [
        sys.executable, "-m", "scripts.matrix.reference",
        "--weights", str(weights_of(folder, name)), "--prompts", str(prompts),
        "--columns", str(matrix.numbers.columns), "--out", str(out),
    ]  # fmt: skip
    began = time.monotonic()
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    seconds = round(time.monotonic() - began, 2)
    if done.returncode == 0:
        answer = Answer(Outcome.OK, "", read_json(out), seconds)
    else:
        said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        answer = Answer(cause_of(done.stderr) or Outcome.FAILED, said[0][:300], {}, seconds)
    LOG.info("%s: reference %s %s %.1f s", name, answer.outcome, answer.reason, seconds)
    journal.record(key, answer)
