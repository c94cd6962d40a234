"""Check every number format against the float64 reference: on the GPU, or in the interpreter.

Without a GPU the kernels run in Triton's interpreter on small layers, with fp16 where the GPU has
bf16 (the interpreter multiplies the raw bits of bf16 operands). On a GPU all binaries are compiled
first, on all cores, and large layers are checked too.
"""

from __future__ import annotations

import logging
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scripts.lib import command_line
from scripts.lib.config import Config
from scripts.lib.log import run_main
from scripts.lib.names import unknown_name
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.measured import CORRECTNESS
from scripts.lib.tables import write_table

if TYPE_CHECKING:
    from kernels.layer import Launch
    from scripts.measure.correctness_cases import Case, Operands

LOG = logging.getLogger("correctness")
Row = dict[str, Any]

# Small, square and large tiles; the last two take warpgroup instructions on Hopper.
SMALL_CONFIGS = (Config(16, 32, 64, 1, 4, 3), Config(32, 32, 128, 8, 4, 3))
LARGE_CONFIGS = (
    Config(16, 128, 128, 1, 4, 3),
    Config(64, 64, 64, 16, 4, 4),
    Config(128, 128, 128, 8, 8, 3),
)


class Machine:
    """Where layers run: the interpreter on the CPU, or a GPU with binaries compiled ahead."""

    def __init__(self) -> None:
        import torch  # noqa: PLC0415 - after the choice of the interpreter

        self.gpu = torch.cuda.is_available()
        self.device = "cuda" if self.gpu else "cpu"
        self.name = "interpreter"
        if self.gpu:
            self.name = torch.cuda.get_device_name().replace(" ", "_")

    @property
    def ways(self) -> list[tuple[Config, bool]]:
        """Every (config, operands swapped) that a case is checked with."""
        configs = LARGE_CONFIGS if self.gpu else SMALL_CONFIGS
        return [(config, swap) for config in configs for swap in (False, True)]

    def compute_of(self, scheme: str) -> Any:
        """Dtype of layer inputs and outputs."""
        import torch  # noqa: PLC0415

        from kernels.formats import SCHEMES  # noqa: PLC0415

        return SCHEMES[scheme].compute if self.gpu else torch.float16

    def launch(self) -> Launch:
        """How one GEMM is launched."""
        from kernels.launch import launch_compiled, launch_jit  # noqa: PLC0415

        if not self.gpu:
            return launch_jit
        from kernels.compilation import compile_gemm  # noqa: PLC0415
        from scripts.measure.compile_run import current_target  # noqa: PLC0415

        target, binaries = current_target(), {}

        def launch(gemm: Any, alignment: Any, entry: Mapping[str, int]) -> None:
            key = (gemm.variant, tuple(entry.items()))
            if key not in binaries:
                binaries[key] = compile_gemm(entry, gemm.variant, target)
            launch_compiled(binaries[key], gemm, alignment, entry)

        return launch


def _compile_ahead(cases: tuple[Case, ...], schemes: list[str]) -> None:
    from kernels.formats import SCHEMES  # noqa: PLC0415
    from kernels.variant import Variant, binary_key, is_aligned  # noqa: PLC0415
    from scripts.measure.compile_run import current_target  # noqa: PLC0415
    from scripts.measure.work.binaries import Job, compile_all  # noqa: PLC0415

    jobs: dict[Job, None] = {}
    for scheme in schemes:
        form = SCHEMES[scheme]
        for case in cases:
            pair = (
                (case.top_k, False, is_aligned(form, 2 * case.n, case.k)),
                (1, True, is_aligned(form, case.k, case.n)),
            )
            for config in LARGE_CONFIGS:
                key = binary_key(config.to_entry())
                for swap in (False, True):
                    variants = (Variant(scheme, *ends, case.bias, swap) for ends in pair)
                    jobs |= {Job(key, variant): None for variant in variants}
    results = compile_all(list(jobs), current_target(), deadline_s=120.0)
    for number, _ in enumerate(results, start=1):
        if number % 100 == 0 or number == len(jobs):
            LOG.info("%d/%d binaries", number, len(jobs))


def check(
    case: Case,
    scheme: str,
    machine: Machine,
    launch: Launch,
    ways: Iterable[tuple[Config, bool]],
) -> Iterator[Row]:
    """One row for each way, (config, operands swapped), of one case in one scheme."""
    import triton  # noqa: PLC0415

    from scripts.measure.correctness_cases import make  # noqa: PLC0415

    operands = make(case, scheme, machine.compute_of(scheme), machine.device)
    expected = operands.expected((case.k, case.n))
    shared = {
        "machine": machine.name,
        "triton": triton.__version__,
        "scheme": scheme,
        "compute": str(operands.x.dtype).removeprefix("torch."),
        "case": case.name,
        "tokens": case.tokens,
        "E": case.experts,
        "N": case.n,
        "K": case.k,
        "top_k": case.top_k,
        "held": case.held.value,
        "bias": case.bias,
    }
    for config, swap in ways:
        outcome = _outcome(operands, config, swap, expected, launch)
        yield shared | {"swap": swap, "config_id": config.id} | outcome


def _outcome(operands: Operands, config: Config, swap: bool, expected: Any, launch: Launch) -> Row:
    from kernels.layer import moe_layer  # noqa: PLC0415
    from kernels.tolerances import compare  # noqa: PLC0415

    inputs = (operands.x, operands.layer, operands.weight, operands.expert_of)
    try:
        out = moe_layer(*inputs, config.to_entry(), operands.local, launch, swap)
    except Exception as error:
        words = (str(error).strip().splitlines() or [""])[-1]
        reason = f"{type(error).__name__}: {words[:200]}"
        empty = {"logits_diff": None, "relative_error": None}
        return {"outcome": Outcome.RUNTIME_ERROR.value, "reason": reason, **empty}
    found = compare(out, expected)
    return {
        "outcome": (Outcome.CORRECT if found.passes else Outcome.MISMATCH).value,
        "reason": None if found.passes else f"finite={found.finite}",
        "logits_diff": _rounded(found.logits_diff),
        "relative_error": _rounded(found.relative_error),
    }


def _rounded(value: float) -> float | None:
    return float(f"{value:.3g}") if math.isfinite(value) else None


def _rows(schemes: list[str]) -> list[Row]:
    from scripts.measure.correctness_cases import LARGE_CASES, SMALL_CASES  # noqa: PLC0415

    machine = Machine()
    cases = LARGE_CASES if machine.gpu else SMALL_CASES
    if machine.gpu:
        _compile_ahead(cases, schemes)
    launch, ways = machine.launch(), machine.ways
    rows: list[Row] = []
    for number, scheme in enumerate(schemes, start=1):
        for case in cases:
            rows += check(case, scheme, machine, launch, ways)
        LOG.info("%s %d/%d schemes", scheme, number, len(schemes))
    return rows


def main(argv: list[str] | None = None) -> int:
    """Parse, check, write."""
    parser = command_line.parser(
        __doc__,
        "example:\n  python -m scripts.measure.correctness --schemes mxfp4_w4a16 --out "
        "build/correctness.parquet",
    )
    parser.add_argument("--schemes", nargs="+", help="number formats to check; all by default")
    parser.add_argument(
        "--interpreter", action="store_true", help="use the interpreter even where there is a GPU"
    )
    parser.add_argument("--out", type=Path, required=True, help="CORRECTNESS table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        _choose_interpreter(args.interpreter)
        from kernels.formats import SCHEMES  # noqa: PLC0415 - after the choice

        interpreted = os.environ.get("TRITON_INTERPRET") == "1"
        # bf16 has no meaning in the interpreter; fp16 is the same kernel there.
        known = [name for name in SCHEMES if not (interpreted and name == "bf16")]
        for scheme in args.schemes or ():
            if scheme not in known:
                raise unknown_name("scheme", scheme, known)
        frame = pd.DataFrame(_rows(args.schemes or known))
        write_table(args.out, frame, CORRECTNESS)
        wrong = frame[frame["outcome"] != Outcome.CORRECT.value]
        LOG.info("%s: %d of %d correct", args.out, len(frame) - len(wrong), len(frame))

    return run_main(body)


def _choose_interpreter(forced: bool) -> None:
    """Triton reads the variable when the kernels are imported, so this comes first."""
    import torch  # noqa: PLC0415

    if forced:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    if forced or not torch.cuda.is_available():
        os.environ["TRITON_INTERPRET"] = "1"


if __name__ == "__main__":
    sys.exit(main())
