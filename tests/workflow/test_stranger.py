"""A stranger's path: from `git clone` to a file that vLLM's own loader takes, as README has it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from scripts.lib.device import find_device
from scripts.lib.runtimes.releases.request import request
from scripts.lib.shape import BATCH_LADDER, nearest_batch
from scripts.tune.layer import Asked, resolve
from tests.lib.runtimes.test_table import opened
from tests.workflow.tree import ROOT, Clone

MOST = 5  # commands


def commands() -> list[str]:
    """The lines of README's first block under *Get a file*, without what is said of them."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Get a file\n")[1]
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert block is not None
    return [re.split(r"\s+#", line)[0] for line in block[1].splitlines()]


def check_path(clone: Clone, out: Path) -> None:
    """What stands after `make`, in a built clone; then the loader of a release, for every M."""
    activate, config, serve = commands()[2:]
    assert activate == ". .venv/bin/activate"
    # A clone under test is lent an environment that names its own place when it is activated.
    line = f'PATH="$PWD/.venv/bin:$PATH" {config.replace("my-files", str(out))}'
    clone.run("bash", "-euc", line)
    folder = re.search(r"VLLM_TUNED_CONFIG_FOLDER=\$PWD/my-files/(\S+)", serve)
    assert folder is not None
    words = shlex.split(config)
    asked = dict(zip(words[2::2], words[3::2], strict=True))
    device = find_device(asked["--gpu"]).name
    tp = int(asked["--tp"])
    assert f"--tensor-parallel-size {tp}" in serve
    shape = resolve(Asked(device, asked["--model"], None, None, tp, 1, None, False, ())).shape
    (file,) = (out / folder[1]).glob("*.json")
    entries = json.loads(file.read_text(encoding="utf-8"))
    find = opened("vllm", "0.24.0").find(out / folder[1], request(shape, device), "3.6.0")
    for tokens in range(1, 16_385):
        assert find(tokens) == entries[str(nearest_batch(tokens, list(BATCH_LADDER)))]


def quoted() -> tuple[str, list[str]]:
    """The command under *Get a file* that is shown with its answer, and the answer's lines."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Get a file\n")[1]
    block = re.search(r"```\n\$ (graphx config .*?)```", text, re.DOTALL)
    assert block is not None
    command, *lines = block[1].splitlines()
    return command, lines


_RATIO = r"\d\.\d{3}(?: \(\d\.\d{3}-\d\.\d{3}\))?"
_ROW = re.compile(rf" *\d+  M[-\w]+ +{_RATIO} +[\w ]+?  +[\w ]+")
APART = 0.03  # of the file's expected ratio: as far as a model that is fitted anew may move it


def check_answer(clone: Clone, out: Path) -> None:
    """README quotes what the command says, line for line, but for figures that a later model gives
    otherwise; ``…`` stands for rows and for the folder's place."""  # noqa: D205,D209
    command, lines = quoted()
    line = f'PATH="$PWD/.venv/bin:$PATH" {command.replace("my-files", str(out))}'
    text = clone.run("bash", "-euc", line).stdout.replace(str(out), "my-files")
    said = [one for one in text.splitlines() if not re.match(r"\d\d:\d\d:\d\d ", one)]  # its log
    shown = [one.replace("…/", "") for one in lines if one != "    …"]
    assert words(said) == words(shown)
    assert sum(_ROW.fullmatch(one) is not None for one in said) == len(BATCH_LADDER)
    assert abs(ratio(said) - ratio(shown)) < APART


def ratio(lines: list[str]) -> float:
    """What the whole file is expected to be worth."""
    (found,) = re.findall(r"all 18 batch sizes: (\d\.\d+)", "\n".join(lines))
    return float(found)


def words(lines: list[str]) -> list[str]:
    """Lines that are no row, without their figures."""
    return [re.sub(r"\d+", "0", one) for one in lines if not _ROW.fullmatch(one)]


def test_it_is_five_commands_at_most() -> None:
    assert len(commands()) <= MOST
    assert [line.split()[0] for line in commands()[:2]] == ["git", "make"]
    assert commands()[-1].split()[1:3] == ["vllm", "serve"]


@pytest.mark.workflow
def test_the_file_is_loaded(made: Clone, tmp_path: Path) -> None:
    check_path(made, tmp_path / "my-files")
    check_answer(made, tmp_path / "shown")
