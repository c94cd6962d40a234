"""On whose kernel what is said rests: the runtime's operator where it was recorded, else ours."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lib.device import short_name
from scripts.report import wording
from scripts.report.section import Figure, Section, Summary
from scripts.report.sections import agreement

# Statuses of the catalogue that no run of a runtime stands behind.
UNASKED = ("transferred", "predicted")
RUNTIMES = {"vllm": "vLLM", "sglang": "SGLang"}


def rests(summary: Summary) -> Iterator[str]:
    """What rests on the operator, GPU by GPU; what on graphx's kernel, and how far that carries."""
    operators = list(agreement.operators(summary))
    for device, op in operators:
        chosen = op["op_over"]
        yield (
            f"vLLM's own operator was recorded on the {short_name(device)}, for {chosen['n']:,}"
            f" rows of {chosen['files']} layers ({', '.join(op['schemes'])}). On it rest what is"
            " said of vLLM's files for them, the files proposed instead, vLLM's files in"
            " `results/configs/` where a layer is recorded whole, the engine's and serving's"
            " figures."
        )
    files = summary["catalogue"]["files"]
    unasked = " and ".join(
        f"{sum(found[status] for status in UNASKED):,} files for {RUNTIMES[runtime]}"
        for runtime, found in files.items()
    )
    yield (
        "All else rests on graphx's own kernel, written after the published fused-MoE kernel: the"
        " two GEMMs of a layer in one CUDA graph, without activation, quantisation and the sum"
        " around them; or on predictions of it. So do searches and their verdicts, every file"
        f" that is written for SGLang, and the catalogue's {unasked} that are carried or"
        f" predicted.{''.join(_carries(device, op) for device, op in operators)}"
    )


def _carries(device: str, op: Figure) -> str:
    same = [("vLLM", op["same_word"])]
    if theirs := agreement.held(op, "SGLang", "two_gemm"):
        same.append(("SGLang", theirs["same_word"]))
    said = ", ".join(
        f"{runtime}'s operator on {wording.per_cent(one)} of {one['n']:,} pairs"
        for runtime, one in same
    )
    return (
        f" On the {short_name(device)} its verdict is also that of {said} (see Under the runtimes'"
        " operators)."
    )


SECTION = Section(
    "scope",
    about="what was measured, by which kernel, and what was not",
    values=lambda summary: {"rests": list(rests(summary))},
)
