"""What is written as JSON for the report: runs, costs, verdicts of the gate, findings of scans."""

from __future__ import annotations

import json

from tests.statistics.study import DEVICE, RUN

COMMIT = "0123456789abcdef0123456789abcdef01234567"
UPSTREAM = "89abcdef0123456789abcdef0123456789abcdef"
DATASET = "nvidia_h200-study"
RUNS = {
    "runs": [
        {
            "run_id": RUN,
            "commit": COMMIT,
            "kernel_hash": "feed",
            "gpu": {"name": "NVIDIA H200", "uuid": "GPU-1", "driver": "570.1"},
            "command": "python -m scripts.measure.sweep --plan plan.parquet",
            "started": "2026-01-01T00:00:00Z",
            "ended": "2026-01-01T01:00:00Z",
            "cpus": 16,
            "compile_seconds": 30.0,
            "binaries": 200,
            "trial_seconds": 140.0,
        }
    ],
    "cost": [
        {
            "what": "upstream_method",
            "cell_id": f"{DEVICE}/E8-N3584-K4096-top2-bf16/M64",
            "sampled_configs": 2,
            "compile_seconds": [1.0, 2.0],
            "timing_seconds": [0.25, 0.75],
            "space": 1920,
        },
        {
            "what": "specialisation",
            "rows": [{}, {}, {}],
            "ratios": {"top_k": 1.016, "GROUP_SIZE_M": 0.995, "top_k+GROUP_SIZE_M": 1.011},
        },
    ],
}

# A verdict as scripts.claims.gate writes it.
GATE = {
    "claimable_win": True,
    "claim": "kernel",
    "order": "dominates",
    "layer": "NVIDIA_H200/E8-N3584-K4096-top2-bf16",
    "spec_hash": "beef",
    "baseline": {"path": "data/baseline.csv", "sha256": "1" * 64},
    "checks": {"coverage": {"pass": True, "reasons": []}, "win": {"pass": True, "reasons": []}},
    "points": [
        {
            "tokens": 64,
            "before": "M16-N32-K128-G1-W4-S4",
            "after": "M16-N64-K128-G1-W4-S4",
            "standing": "better",
            "kernel": [
                {
                    "recording": "nvidia_h200-study",
                    "ratio": 0.95,
                    "ci": [0.94, 0.96],
                    "allowed": 1.03,
                    "rounds": 20,
                    "marks": "",
                }
            ],
        }
    ],
}
JUDGED = {
    "guardrails": {
        "G1": {
            "pass": True,
            "rule": "target configs are byte-identical to their upstream blobs",
            "evidence": [
                {
                    "path": "data/recorded/history.parquet",
                    "sha256": "0" * 64,
                    "command": "python -m scripts.lib.manifest check",
                    "says": "85 of 85 files",
                }
            ],
            "findings": [],
        }
    },
    "strong": {},
}
SCANNED = {
    "version": 1,
    "ledgers": [
        {
            "ledger": f"data/recorded/measured/{DATASET}/ledger.columns.xz",
            "lines": 1000,
            "runs": 2,
            "attempts": 900,
            "cells": 16,
            "findings": 0,
        }
    ],
    "findings": [],
}
# Name -> file, content.
TEXTS = {
    "runs": (f"{DATASET}/runs.json", json.dumps(RUNS)),
    "upstream": ("upstream.yaml", f"commit: {UPSTREAM}\n"),
    "ledger": ("ledger.json", json.dumps(SCANNED)),
    "guardrails": ("guardrails.json", json.dumps(JUDGED)),
    "gate": ("gate.json", json.dumps(GATE)),
    "lock": ("lock.txt", "numpy==2.4.6\nscipy==1.17.1\n"),
}
