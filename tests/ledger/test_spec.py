"""The locked spec: no change without a version and a reason, and it agrees with the code."""

import json
from pathlib import Path

import pytest
import yaml

from kernels.formats import SCHEMES
from kernels.tolerances import MAX_LOGITS_DIFF
from scripts.ledger.spec import main
from scripts.lib.files import InputError, sha256
from scripts.lib.schemas.search import BUDGETS
from scripts.lib.shape import BATCH_LADDER
from scripts.lib.spec import LOCK, SPEC, locked_spec, parse_spec, read_lock, read_spec, spec_hash
from scripts.measure.protocol import Protocol

PEAKS = Path("data/recorded/peaks/nvidia_h200.json")


@pytest.fixture
def copy(tmp_path):
    """A spec and its lock, as they stand in the repository."""
    paths = tmp_path / "spec.yaml", tmp_path / "spec.lock.json"
    for path, source in zip(paths, (SPEC, LOCK), strict=True):
        path.write_bytes(source.read_bytes())
    return paths


def change(spec: Path, **values: object) -> None:
    content = yaml.safe_load(spec.read_text()) | values
    spec.write_text(yaml.safe_dump(content))


def lock_again(spec: Path, lock: Path, reason: str = "for the test") -> int:
    return main(["--spec", str(spec), "--lock", str(lock), "--reason", reason])


def test_the_spec_is_the_locked_one_and_the_lock_holds_what_it_says():
    last = read_lock()[-1]
    assert (last.sha256, last.spec) == (sha256(SPEC), yaml.safe_load(SPEC.read_text()))
    assert spec_hash() == sha256(SPEC)[:16]
    assert [version.version for version in read_lock()] == list(range(1, last.version + 1))


def test_the_spec_and_the_code_hold_the_same_numbers():
    spec, protocol = read_spec(), Protocol()
    assert spec.protocol_hash == protocol.hash
    assert spec.drift_band == protocol.drift_band
    assert spec.disturbance_band == protocol.disturbance_band
    assert spec.token_grid == list(BATCH_LADDER)
    assert spec.logits_diff == MAX_LOGITS_DIFF
    assert set(spec.peaks["NVIDIA_H200"].flops_s) == set(SCHEMES)
    assert tuple(spec.trial_budgets) == BUDGETS
    assert spec.trials == max(BUDGETS)


@pytest.mark.skipif(not PEAKS.exists(), reason="the record is not restored: make restore")
def test_the_peaks_are_the_measured_ones():
    peaks, measured = read_spec().peaks["NVIDIA_H200"], json.loads(PEAKS.read_text())
    assert (peaks.source, peaks.sha256) == (PEAKS.as_posix(), sha256(PEAKS))
    assert peaks.bandwidth_bytes_s == pytest.approx(measured["bandwidth_bytes_s"], rel=0.02)
    for scheme, kind in (("bf16", "bf16"), ("fp8_w8a8", "fp8")):
        assert peaks.flops_s[scheme] == pytest.approx(measured["operations_s"][kind], rel=0.02)


def test_a_changed_spec_is_refused_until_it_is_a_version_with_a_reason(copy, capsys):
    spec, lock = copy
    before = read_lock(lock)
    change(spec, win_margin=0.02)
    for read in (read_spec, spec_hash):
        with pytest.raises(InputError, match="a change is a new version with a reason"):
            read(spec, lock)
    assert lock_again(spec, lock) == 2
    assert f"the next one is {before[-1].version + 1}" in capsys.readouterr().err
    change(spec, version=before[-1].version + 1)
    assert lock_again(spec, lock, reason=" ") == 2
    assert lock_again(spec, lock) == 0
    assert read_spec(spec, lock).win_margin == 0.02
    assert read_lock(lock)[:-1] == before
    assert locked_spec(spec, lock).reason == "for the test"


def test_an_earlier_content_is_no_new_version(copy, capsys):
    spec, lock = copy
    assert lock_again(spec, lock) == 2
    assert "locked already" in capsys.readouterr().err


def test_a_comment_is_part_of_what_is_locked(copy):
    spec, lock = copy
    spec.write_text(spec.read_text() + "# and more\n")
    with pytest.raises(InputError, match="is not what"):
        spec_hash(spec, lock)


def test_without_a_lock_or_a_spec_nothing_is_read(copy):
    spec, lock = copy
    lock.unlink()
    with pytest.raises(InputError, match="is not what"):
        read_spec(spec, lock)
    spec.unlink()
    with pytest.raises(InputError, match="not found"):
        read_spec(spec, lock)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"win_margins": 0.01}, r"unknown fields \['win_margins'\]"),
        ({"trials": "many"}, "trials is 'many', expected int"),
        ({"regression": {"small": {"ratio": 0.03}}}, "regression.small: missing fields"),
        ({"win_margin": True}, "win_margin is True, expected float"),
        (
            {
                "peaks": {
                    "X": {"source": "s", "sha256": "", "bandwidth_bytes_s": "4.3e12", "flops_s": {}}
                }
            },
            "peaks.X: bandwidth_bytes_s is '4.3e12', expected float",
        ),
    ],
)
def test_a_malformed_spec_is_named_by_its_field(values, words):
    with pytest.raises(InputError, match=words):
        parse_spec(yaml.safe_load(SPEC.read_text()) | values, "spec.yaml")


def test_what_is_no_mapping_is_no_spec():
    with pytest.raises(InputError, match="missing fields"):
        parse_spec(["version"], "spec.yaml")
