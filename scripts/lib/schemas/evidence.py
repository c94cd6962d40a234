"""Sets of evidence from the runtime's engine, and what a re-run says of an earlier one."""

from __future__ import annotations

import pyarrow as pa

from scripts.lib.schemas.interval import interval
from scripts.lib.tables import Column, Table

_SET = Column("set", pa.string(), "name of the recorded set")
_FIRST = Column("first", pa.string(), "the earlier set; several, joined, if all were made on "
                "other machines than the re-run")  # fmt: skip
_SECOND = Column("second", pa.string(), "its re-run")
_LEG = Column("leg", pa.string(), "configuration of engine and switches")
_FIRST_VERSION = ("1: first version",)

LEGS = Table(
    "evidence_legs",
    1,
    "One row per leg of a set: how it ended, what a token costs, what it answered.",
    (
        _SET,
        Column("suite", pa.string(), "the suite that was run"),
        Column("device", pa.string(), "GPU, named as in config files"),
        _LEG,
        Column("outcome", pa.string(), "ok; an outcome of the engine; cut_off: tasks are left; "
               "unwatched: the watchdog's line was missing"),
        Column("reason", pa.string(), "why, if not ok"),
        Column("boots", pa.int32(), "boots that were timed"),
        Column("repeats", pa.int32(), "profiles of all boots together"),
        Column("step_ms", pa.float64(), "GPU time of one decode step, which gives each sequence a "
               "token, median of repeats, mean of boots, ms", nullable=True),
        Column("attention_ms", pa.float64(), "of that, attention", nullable=True),
        Column("moe_ms", pa.float64(), "of that, MoE layers", nullable=True),
        Column("rest_ms", pa.float64(), "of that, all else", nullable=True),
        Column("token_ms", pa.float64(), "wall time between two tokens of a sequence, median of "
               "runs without the profiler, ms", nullable=True),
        Column("asked", pa.int32(), "questions that had an answer or timed out"),
        Column("right", pa.int32(), "of them right"),
        Column("wrong", pa.int32(), "wrong"),
        Column("timeouts", pa.int32(), "never came to an end"),
        Column("peak_gib", pa.float64(), "most memory of a boot's tensors, GiB", nullable=True),
        Column("lines", pa.int32(), "the watchdog's lines"),
        Column("files", pa.string(), "MoE config files that the boots read", nullable=True),
        Column("backend", pa.string(), "MoE kernels that the boots chose", nullable=True),
    ),
    _FIRST_VERSION,
)  # fmt: skip

STARTS = Table(
    "evidence_starts",
    2,
    "Provenance: one row per start of a leg of a set.",
    (
        _SET,
        _LEG,
        Column("start", pa.int32(), "0 the first; more if a run was cut off and went on"),
        Column("commit", pa.string(), "of graphx"),
        Column("packages", pa.string(), "name version, by commas"),
        Column("gpu", pa.string(), "GPU as its driver says"),
        Column("uuid", pa.string(), "beginning of the GPU's uuid"),
        Column("driver", pa.string(), "version of the driver"),
        Column(
            "machine", pa.string(), "its GPUs, CPU and start, where they were noted", nullable=True
        ),
        Column("seconds", pa.float64(), "wall time; empty if it was killed", nullable=True),
        Column("exit", pa.string(), "ended or killed"),
        Column("command", pa.string(), "what makes all of it again, raw traces with --traces"),
    ),
    ("2: the machine", *_FIRST_VERSION),
)

COMPARISONS = Table(
    "evidence",
    2,
    "One row per set and its re-run.",
    (
        _FIRST,
        _SECOND,
        Column("suite", pa.string(), "the suite of both"),
        Column("device", pa.string(), "GPU of the first"),
        Column("verdict", pa.string(), "see scripts.evidence.verdict.VERDICTS"),
        Column("reasons", pa.string(), "one a line; empty if it stands"),
        Column("premises", pa.int32(), "premises compared"),
        Column("unequal", pa.int32(), "of them unequal"),
        Column("judged", pa.int32(), "kernels and sums that judge"),
        Column("equal", pa.int32(), "of them shown equal"),
        Column("changed", pa.int32(), "shown to have changed"),
        Column("calls_equal", pa.bool_(), "whether all made as many calls", nullable=True),
        Column("order_kept", pa.bool_(), "whether the legs kept their order; empty: not to be told",
               nullable=True),
        Column("accuracy", pa.string(), "same, changed, undecided or not asked"),
        Column("largest", pa.float64(), "ratio of a judged kernel farthest from 1", nullable=True),
        Column("visible", pa.float64(), "smallest relative change of a judged kernel's time that "
               "would have been seen, the worst of them", nullable=True),
        Column("machine", pa.string(), "of the re-run, as against the earlier set's: see "
               "scripts.evidence.host"),
        Column("boots_first", pa.int32(), "boots of each leg of the earlier set, or sets"),
        Column("boots_second", pa.int32(), "of the re-run"),
        Column("planted_into", pa.string(), "the re-run if it agrees; else the set with more whole "
               "legs"),
        Column("planted_alone", pa.bool_(), "whether that set was held against itself"),
        Column("planted", pa.int32(), "changes put into that"),
        Column("planted_found", pa.int32(), "of them given the right word"),
    ),
    ("2: how the machines stand to each other, boots", *_FIRST_VERSION),
)  # fmt: skip

PREMISES = Table(
    "evidence_premises",
    1,
    "One row per comparison and premise.",
    (
        _FIRST,
        _SECOND,
        Column("premise", pa.string(), "what both must share"),
        Column("value_first", pa.string(), "in the earlier set; absent if it was not noted"),
        Column("value_second", pa.string(), "in the re-run"),
        Column("same", pa.bool_(), "whether they are the same"),
    ),
    _FIRST_VERSION,
)

KERNELS = Table(
    "evidence_kernels",
    2,
    "One row per comparison, leg, phase and kernel, the sums of each part and of all among them.",
    (
        _FIRST,
        _SECOND,
        _LEG,
        Column("phase", pa.string(), "decode (several steps) or prefill (the first tokens)"),
        Column("kernel", pa.string(), "name as the profiler has it, long ones cut and hashed"),
        Column("kind", pa.string(), "attention, MoE, rest; of a sum, of what"),
        Column("share", pa.float64(), "of the phase's GPU time, the larger of both sets"),
        Column("judged", pa.bool_(), "whether its share is large enough to judge by"),
        Column("calls_first", pa.string(), "calls in a repeat, every number that occurred"),
        Column("calls_second", pa.string(), "the same in the re-run"),
        Column("calls_equal", pa.bool_(), "one number, the same in both"),
        Column("us_first", pa.float64(), "mean time of a call, of a sum that of a step, us",
               nullable=True),
        Column("us_second", pa.float64(), "the same in the re-run", nullable=True),
        Column("ratio", pa.float64(), "second over first", nullable=True),
        *interval("its interval, boots as clusters", nullable=True),
        Column("p_equal", pa.float64(), "of the two one-sided tests", nullable=True),
        Column("visible", pa.float64(), "smallest change that would have been seen", nullable=True),
        Column("boots_wanted", pa.int32(), "boots in each set that would show equality four times "
               "in five, if nothing changed; empty: too many", nullable=True),
        Column("word", pa.string(), "equal, changed or undecided"),
    ),
    ("2: boots that are wanted", *_FIRST_VERSION),
)  # fmt: skip

ORDER = Table(
    "evidence_order",
    1,
    "One row per comparison and pair of legs that time one model.",
    (
        _FIRST,
        _SECOND,
        Column("faster", pa.string(), "leg that is the faster in the earlier set"),
        Column("slower", pa.string(), "the other"),
        Column("ratio_first", pa.float64(), "faster over slower, a decode step"),
        Column("ratio_second", pa.float64(), "the same in the re-run"),
        Column("p_first", pa.float64(), "probability that it is the faster, bootstrap"),
        Column("p_second", pa.float64(), "the same in the re-run"),
        Column("word", pa.string(), "kept, turned, undecided, or no order (not told by the first)"),
    ),
    _FIRST_VERSION,
)

ANSWERS = Table(
    "evidence_answers",
    1,
    "One row per comparison and leg that answered questions.",
    (
        _FIRST,
        _SECOND,
        _LEG,
        Column("asked", pa.int32(), "questions that both sets put"),
        Column("right_first", pa.int32(), "right in the earlier set"),
        Column("right_second", pa.int32(), "right in the re-run"),
        Column("few_first", pa.int32(), "right of the first fifty"),
        Column("few_second", pa.int32(), "the same in the re-run"),
        Column("timeouts_first", pa.int32(), "never came to an end"),
        Column("timeouts_second", pa.int32(), "the same in the re-run"),
        Column("lost", pa.int32(), "right, then wrong"),
        Column("won", pa.int32(), "wrong, then right"),
        Column("p", pa.float64(), "McNemar's exact test"),
        Column("visible", pa.float64(), "smallest difference of the share of right answers that "
               "would have been seen"),
        Column("word", pa.string(), "same, changed, undecided"),
    ),
    _FIRST_VERSION,
)  # fmt: skip

PLANTED = Table(
    "evidence_planted",
    1,
    "One row per comparison and change put into one of its sets.",
    (
        _FIRST,
        _SECOND,
        Column("change", pa.string(), "what was put in"),
        Column("wanted", pa.string(), "the verdict that it must get"),
        Column("verdict", pa.string(), "the one that it got"),
        Column("reason", pa.string(), "the first reason given"),
    ),
    _FIRST_VERSION,
)
TABLES = (LEGS, STARTS, COMPARISONS, PREMISES, KERNELS, ORDER, ANSWERS, PLANTED)
