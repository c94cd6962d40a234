"""graphx: tuned fused-MoE kernel configs for vLLM and SGLang, on GPUs that nobody tuned for."""

from __future__ import annotations

import importlib
import os
import sys
import tomllib
from pathlib import Path

from scripts.cli.commands import COMMANDS
from scripts.lib.dispatch import dispatch, refused
from scripts.lib.files import InputError
from scripts.lib.log import interrupted

_ROOT = Path(__file__).parents[2]
EXAMPLE = """examples:
  graphx config --gpu A100-SXM4-80GB --model GLM-4.5-Air --tp 4
  graphx plan --device A100-SXM4-80GB --model GLM-4.5-Air --tp 4
  graphx tune --device NVIDIA_H200 --model Qwen/Qwen3-30B-A3B
  graphx sim rank --cell NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64 --top 8
  graphx trace --list | grep README.md
  source <(graphx completion bash)
  graphx --version

exit status: 0 done; 1 something was found that is not as it should be; 2 bad input, nothing was
written; 130 interrupted; others as the command's own --help says
"""


def main(argv: list[str] | None = None) -> int:
    """Hand over to a command's module, whose options are its own."""
    about = {name: one.about for name, one in COMMANDS.items()}
    if (sys.argv[1:] if argv is None else argv) == ["--version"]:
        project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        print(f"graphx {project['version']}")
        return 0
    return dispatch("graphx", __doc__, EXAMPLE, about, _call, argv)


def _call(name: str, rest: list[str]) -> int:
    command = COMMANDS[name]
    helped = not {"-h", "--help"}.isdisjoint(rest)
    if not command.anywhere and not helped and not Path("data/models.yaml").exists():
        here = Path.cwd()
        return refused(InputError(f"{here}: is no checkout of graphx; cd {_ROOT} first"))
    # The module reads its own name and what was typed from there, as if it had been called.
    sys.argv = [f"graphx {name}", *command.given, *rest]
    # Only the module that is called is imported: torch and pandas take seconds to load.
    try:
        module = importlib.import_module(command.module)
        return int(module.main([*command.given, *rest]))
    except KeyboardInterrupt:
        return interrupted()
    except BrokenPipeError:
        # Who reads the output has seen enough; what Python would still write has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
