"""SGLang's own operator, cut out of a release, computes the layer; whose parts it runs on."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from kernels.formats import SCHEMES
from scripts.lib.files import InputError
from scripts.lib.runtimes.releases.wheel import UnreachableError, read_members
from scripts.runtime.sglang_op import SCHEMES as TAKEN
from scripts.runtime.sglang_op import flags_of
from scripts.runtime.sglang_source import MEMBERS, RELEASES, source
from tests.runtime.interpreted_sglang import CASES


@pytest.fixture
def release() -> str:
    try:
        read_members("sglang", RELEASES[-1], list(MEMBERS.values()))
    except UnreachableError as error:
        pytest.skip(str(error))
    return RELEASES[-1]


def test_it_computes_the_layer(release):
    done = subprocess.run(
        [sys.executable, "-m", "tests.runtime.interpreted_sglang", release],
        env=os.environ | {"TRITON_INTERPRET": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line.rsplit(" ", 1) for line in done.stdout.splitlines()]
    errors = [float(value) for word, value in lines if word == "error"]
    assert len(errors) == len(CASES)
    assert max(errors) < 0.002  # float16's rounding of what lies between
    # Few rows among 80 experts SGLang aligns by a kernel of its own.
    assert [int(value) for word, value in lines if word != "error"] == [4, 4, 4]


def test_a_release_has_one_hash_over_the_files_that_it_is_made_of(release, tmp_path):
    found = source(release)
    assert found.source_hash == source(release).source_hash
    assert len(found.source_hash) == 16
    for name, member in MEMBERS.items():
        copy = tmp_path / f"sglang-{release}" / member
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(found.files[name].read_bytes() + b"\n")
    index = tmp_path / f"sglang-{release}" / "members.json"
    index.write_text(json.dumps(list(MEMBERS.values())))
    assert source(release, tmp_path).source_hash != found.source_hash


def test_another_release_is_named():
    with pytest.raises(InputError, match=r"--sglang 0\.4\.0: the operator is known as 0\.5\.23"):
        source("0.4.0")


def test_the_words_for_each_format():
    said = {scheme: {k for k, v in flags_of(SCHEMES[scheme]).items() if v} for scheme in TAKEN}
    assert said == {
        "bf16": set(),
        "fp16": set(),
        "fp8_w8a8": {"use_fp8_w8a8"},
        "fp8_w8a8_channel": {"use_fp8_w8a8", "per_channel_quant"},
        "fp8_w8a8_b128x128": {"use_fp8_w8a8", "block_shape"},
        "int8_w8a16": {"use_int8_w8a16"},
    }
    with pytest.raises(KeyError, match="mxfp4"):
        flags_of(SCHEMES["mxfp4_w4a16"])
