"""Every number format in the interpreter against the float64 reference."""

import os
import subprocess
import sys

import pandas as pd
import pytest
import torch

from scripts.lib.outcome import Outcome
from scripts.lib.schemas.measured import CORRECTNESS
from scripts.lib.tables import read_table
from scripts.measure.correctness import main

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU runs the compiled kernels")

SCHEMES = [
    "fp16", "fp8_w8a8", "fp8_w8a8_channel", "fp8_w8a8_b128x128", "int8_w8a8",
    "int8_w8a8_b128x128", "int8_w8a16", "int4_w4a16", "int4_w4a16_g32", "int4_w4a16_zp",
    "mxfp4_w4a16", "mxfp4_w4a4",
]  # fmt: skip


@pytest.fixture(scope="module")
def rows():
    os.environ["TRITON_INTERPRET"] = "1"
    from scripts.measure.correctness import Machine, check
    from scripts.measure.correctness_cases import SMALL_CASES

    machine = Machine()
    launch = machine.launch()
    pairs = [(case, scheme) for scheme in SCHEMES for case in SMALL_CASES]
    rows = []
    for number, (case, scheme) in enumerate(pairs):  # the four ways by turns
        way = machine.ways[number % len(machine.ways)]
        rows += check(case, scheme, machine, launch, [way])
    return pd.DataFrame(rows)


def test_every_scheme_is_correct_on_every_case(rows):
    wrong = rows[rows["outcome"] != Outcome.CORRECT.value]
    assert wrong.empty, wrong.to_string()
    assert set(rows["scheme"]) == set(SCHEMES)
    assert rows.groupby("scheme")["case"].nunique().eq(7).all()


def test_the_error_is_that_of_the_format(rows):
    """Operands are compared as stored, so what is left is the 16-bit rounding of the outputs.

    Where activations are quantised again between the GEMMs, a last bit can move a number by one
    step of its format: a few per cent of the layer's output, never more.
    """
    worst = rows.groupby("scheme")["relative_error"].max()
    stored = worst[[name for name in SCHEMES if name.endswith("a16")] + ["fp16"]]
    assert (stored < 2e-3).all(), stored
    assert (worst < 0.05).all(), worst


def test_no_held_expert_gives_zeros_in_every_scheme(rows):
    assert (rows.loc[rows["held"] == "none", "relative_error"].dropna() == 0).all()


def test_unknown_scheme_is_an_error_with_the_nearest(tmp_path, capsys):
    status = main(["--interpreter", "--schemes", "fp8_w8a9", "--out", str(tmp_path / "t.parquet")])
    assert status == 2
    assert not (tmp_path / "t.parquet").exists()
    assert "unknown scheme 'fp8_w8a9'; nearest: fp8_w8a8" in capsys.readouterr().err


def test_entry_writes_the_table(tmp_path):
    out = tmp_path / "t.parquet"
    command = [sys.executable, "-m", "scripts.measure.correctness", "--interpreter"]
    subprocess.run([*command, "--schemes", "mxfp4_w4a16", "--out", out], check=True)
    frame = read_table(out, CORRECTNESS)
    assert len(frame) == 7 * 4
    assert (frame["outcome"] == Outcome.CORRECT.value).all()
    assert set(frame["machine"]) == {"interpreter"}
