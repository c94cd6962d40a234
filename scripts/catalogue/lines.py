"""An answer for a reader at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scripts.catalogue.answer import KERNEL, Answer, mean_of, shipped_ends
from scripts.catalogue.rows import DEFAULT, MEASURED, Row
from scripts.lib.runtimes.default_config import NEWEST
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.lib.shape import BATCH_LADDER
from scripts.tune.layer import Wanted, both_degrees

BASELINE = f"vLLM {NEWEST}'s default"
_SERVE = {
    "vllm": "vllm serve MODEL",
    "sglang": "python -m sglang.launch_server --model-path MODEL",
}
# Of all ranks, and of the experts.
_RANKS = {"vllm": "--tensor-parallel-size {}", "sglang": "--tp {}"}
_EXPERTS = {"vllm": "--enable-expert-parallel", "sglang": "--ep {}"}


def table(answer: Answer) -> Iterator[str]:
    """The rows, what they are worth, and where the files lie."""
    if answer.rows:
        yield f"{'M':>5}  {'config':33} {'over the default':21} {'confidence':15} from"
        yield from (_row(row) for row in answer.rows)
        yield from _worth(answer)
    for name, path in answer.files.items():
        yield f"{name}: {path}"


def _row(row: Row) -> str:
    said = row.note
    if row.ratio is not None:
        exact = row.low == row.high
        said = f"{row.ratio:.3f}" + ("" if exact else f" ({row.low:.3f}-{row.high:.3f})")
    return (
        f"{row.tokens:5d}  {row.config.id:33} {said:21} {row.confidence:15} {row.source}".rstrip()
    )


def _worth(answer: Answer) -> Iterator[str]:
    kept = sum(row.source == DEFAULT for row in answer.rows)
    if answer.ratio is not None:
        ends = "" if answer.interval is None else " ({:.3f}-{:.3f})".format(*answer.interval)
        yield (
            f"all {len(answer.rows)} batch sizes: {answer.ratio:.3f}{ends} of the latency of"
            f" {BASELINE}; {kept} keep it (no gain expected)"
        )
        yield f"timed: {KERNEL}; neither vLLM's operator nor SGLang's was asked"
    foretold = [row for row in answer.rows if row.source != MEASURED]
    if answer.band is not None and foretold:
        yield f"confidence: {answer.band.word}: {answer.band.reason}"


def worth(answer: Answer) -> Iterator[str]:
    """What is to be expected of the files that runtimes ship, a line each."""
    for name, found in answer.worth.items():
        ratio, ends = mean_of([row.ratio for row in found]), shipped_ends(found)
        if ratio is None or ends is None:
            continue
        slow = [str(row.tokens) for row in found if row.low is not None and row.low > 1.0]
        said = f"; behind it at M = {', '.join(slow)}" if slow else ""
        yield (
            f"{name}'s file: {ratio:.3f} ({ends[0]:.3f}-{ends[1]:.3f}) of the latency of {BASELINE}"
            f" expected ({found[0].confidence}){said}"
        )


def how_to_load(answers: Sequence[Answer], folder: str) -> Iterator[str]:
    """A line for each runtime: how to point it at what was written, or that nothing had to be."""
    for one in answers:
        for name, file in one.shipped.items():
            lacking = sorted(set(one.layer.wanted.batches) - set(file.configs) - set(BATCH_LADDER))
            said = f", which has no row for M = {', '.join(map(str, lacking))}" if lacking else ""
            yield f"{name}: no file was written, it reads its own{said}"
    for name in dict.fromkeys(name for one in answers for name in one.files):
        variable = RUNTIMES[name].rules.folder_variable
        wanted = answers[0].layer.wanted
        if name == "vllm" and both_degrees(wanted.tensor_parallel or 1, wanted.expert_parallel):
            yield "vllm: no server of its own looks this layer up, see above"
            continue
        parallel = _degrees(name, wanted)
        yield " ".join([f"{name}: {variable}={folder}/{name}", _SERVE[name], *parallel])


def _degrees(runtime: str, wanted: Wanted) -> Iterator[str]:
    """What a server is started with, so that its ranks hold the layer that the files are for."""
    ranks = (wanted.tensor_parallel or 1) * wanted.expert_parallel
    if ranks > 1:
        yield _RANKS[runtime].format(ranks)
    if wanted.expert_parallel > 1:
        yield _EXPERTS[runtime].format(wanted.expert_parallel)
