"""A small journal of the engine, written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scripts.engine.journal import Journal
from scripts.engine.outcome import Answer, Outcome

SHAPE = "E8-N7168-K4096-top2-bf16"
COMMITTED_ID, OURS_ID = "M16-N128-K64-G1-W4-S3", "M16-N32-K64-G1-W4-S3"
ENTRY = {"BLOCK_SIZE_M": 16, "BLOCK_SIZE_N": 32, "BLOCK_SIZE_K": 64, "GROUP_SIZE_M": 1,
         "num_warps": 4, "num_stages": 3, "SPLIT_K": 1}  # fmt: skip
PLAN = {
    "device": "NVIDIA_H200", "batches": [4],
    "models": [{"name": "mix", "shape": SHAPE, "scheme": "bf16", "layers": 2, "moe_layers": 2,
                "rows": {"4": OURS_ID}, "configs": {"committed": None, "ours": "x"}}],
    "bench": {"model": {"layers": 3}, "load": {"concurrency": 4}},
}  # fmt: skip
FILE = "E=8,N=7168,device_name=NVIDIA_H200.json"
OUTPUTS = {"logits_diff": 1e-6, "prompts": 3, "next_equal": 3, "tied": 0, "tokens_equal": 9,
           "tokens_compared": 9, "problem": None}  # fmt: skip
SERVED = {
    "ttft_s": [0.01, 0.03], "tpot_s": [0.001, 0.003], "e2el_s": [0.1, 0.2],
    "itl_s": {"median": 0.002, "p99": 0.004}, "output_tokens": 30, "duration_s": 0.5,
}  # fmt: skip


BENCHED = (("committed", 5.0), ("ours", 4.5), ("ours", 4.5), ("committed", 5.2))


def benched(ms: float) -> dict[str, Any]:
    """What `vllm bench serve` reports, a token every so many milliseconds."""
    named = {f"{part}_{name}_ms": ms for name in ("ttft", "tpot", "itl", "e2el")
             for part in ("mean", "median", "p50", "p99")}  # fmt: skip
    return {"completed": 8, "num_prompts": 8, "duration": 1.0, "request_throughput": 8.0,
            "output_throughput": 1e3 / ms, **named}  # fmt: skip


def decoded(found: Journal, gpu_us: dict[str, float], steady: bool) -> None:
    """Two boots that timed a step of each config."""
    for boot in ("mix-0", "mix-1"):
        about = {"boot": boot, "model": "mix"}
        found.record(
            f"{boot}/boot", Answer(Outcome.OK, result={"vllm": "0.24.0"}), task="boot", **about
        )
        for config, us in gpu_us.items():
            gpu = {"moe_gemm": 400.0, "moe_align": 10.0, "moe_sum": 5.0, "all": us}
            result = {
                "steady": steady, "step_s": [us * 1.1e-6] * 4, "gpu_us": gpu, "mix": [32, 4, 4],
                "looked_up": {"32": {"calls": 2, "config": ENTRY}},
            }  # fmt: skip
            found.record(f"{boot}/d/{config}", Answer(Outcome.OK, result=result), task="decode",
                         config=config, batch=4, **about, **{"pass": 0})  # fmt: skip


def compared(found: Journal, outputs: dict[str, Any]) -> None:
    """A boot's outputs under each config, and under a planted fault."""
    about = {"boot": "mix-0", "model": "mix"}
    for config in ("committed", "ours"):
        entry = ENTRY if config == "ours" else {**ENTRY, "BLOCK_SIZE_N": 128}
        read = {"read": [f"/p/{FILE}"] if config == "ours" else [],
                "looked_up": {"4": {"calls": 2, "config": entry}}}  # fmt: skip
        found.record(
            f"c/{config}", Answer(Outcome.OK, result=read), task="configs", config=config, **about
        )
        said = OUTPUTS | (outputs if config == "ours" else {})
        outcome = Outcome.WRONG_OUTPUT if said["problem"] else Outcome.OK
        found.record(f"o/{config}", Answer(outcome, said["problem"] or "", said), task="outputs",
                     config=config, again=False, **about)  # fmt: skip
    wrong = OUTPUTS | {"problem": "logits_diff 0.2 is over 0.01", "logits_diff": 0.2}
    found.record("o/planted", Answer(Outcome.WRONG_OUTPUT, wrong["problem"], wrong), task="outputs",
                 config="ours", again=False, planted="half-of-k", **about)  # fmt: skip


def journal(
    path: Path,
    hashes: tuple[str, ...] = ("0123456789abcdef",),
    outputs: dict[str, Any] | None = None,
    gpu_us: dict[str, float] | None = None,
    fault: str | None = None,
    steady: bool = True,
) -> Path:
    """Its path. ``outputs``: of ours; ``gpu_us``: of a step of each config; ``fault``: a boot that
    was made to fail for lack of memory."""  # noqa: D205,D209
    found = Journal(path)
    for kernels in hashes:
        found.begin(plan=PLAN, kernel_hash=kernels)
    decoded(found, gpu_us or {"committed": 1000.0, "ours": 980.0}, steady)
    if fault is not None:
        died = Answer(Outcome.OUT_OF_MEMORY, "CUDA out of memory. Tried to allocate 256.00 GiB")
        for task in ("boot", "fault"):
            found.record(f"{fault}/{task}", died, task=task, boot=fault, model="mix")
    compared(found, outputs or {})
    for number, (config, ms) in enumerate(BENCHED):
        read = [f"/p/{FILE}"] if config == "ours" else []
        found.record(
            f"h/{number}", Answer(Outcome.OK, result=benched(ms)), task="bench", boot="http-mix-0",
            model="mix", config=config, round=number, read=read,
        )  # fmt: skip
    found.record("s/ours", Answer(Outcome.OK, result=SERVED), task="serve", config="ours",
                 round=0, boot="mix-0", model="mix")  # fmt: skip
    found.close()
    return path
