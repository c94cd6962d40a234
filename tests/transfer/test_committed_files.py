"""Looking configs up as the runtime would."""

import pandas as pd
import pytest

from scripts.lib.config import Config, ConfigError
from scripts.lib.schemas.history import HISTORY
from scripts.lib.shape import Shape
from scripts.transfer.committed_files import History
from tests.transfer.study import CONFIGS, DEVICE, SHAPE, filled, history_row

B200 = "NVIDIA_B200"


def history(*rows: dict[str, object]) -> History:
    return History(filled(HISTORY, rows))


def test_nearest_batch_and_ties_to_the_first_of_the_file() -> None:
    rows = [
        history_row(DEVICE, batch, config, position)
        for position, (batch, config) in enumerate(zip((64, 16, 32), CONFIGS, strict=False))
    ]
    file = history(*rows[::-1]).files(SHAPE)[DEVICE]
    assert list(file.configs) == [64, 16, 32]
    assert file.at(48) == CONFIGS[0]
    assert file.at(24) == CONFIGS[1]
    assert (file.at(1), file.at(4096)) == (CONFIGS[1], CONFIGS[0])


@pytest.mark.parametrize(
    "change",
    [{"status": "rejected"}, {"reachable": False}, {"backend": "flydsl"}],
)
def test_entries_the_kernel_never_gets_are_left_out(change: dict[str, object]) -> None:
    good = history_row(DEVICE, 1, CONFIGS[0])
    bad = history_row(B200, 1, CONFIGS[1], **change)
    assert list(history(good, bad).files(SHAPE)) == [DEVICE]


def test_a_gpu_that_is_not_known_costs_its_own_files_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    odd = [history_row("NVIDIA_X900", batch, CONFIGS[1], batch) for batch in (1, 2)]
    assert list(history(history_row(DEVICE, 1, CONFIGS[0]), *odd).files(SHAPE)) == [DEVICE]
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("NVIDIA_X900: no GPU of that name is known")


def test_files_without_an_entry_are_no_files() -> None:
    broken = {"file": "README", "status": "rejected", "reason": "not_json"}
    found = history(broken, history_row(DEVICE, 1, CONFIGS[0]))
    assert found.files(SHAPE)[DEVICE].at(1) == CONFIGS[0]


def test_the_layer_is_experts_intermediate_size_and_scheme() -> None:
    found = history(history_row(DEVICE, 1, CONFIGS[0]), history_row(B200, 1, CONFIGS[1]))
    assert list(found.files(Shape(8, 3584, 1, 1, "bf16"))) == [B200, DEVICE]
    assert found.files(Shape(8, 3584, 4096, 2, "fp8_w8a8")) == {}
    assert found.files(Shape(9, 3584, 4096, 2, "bf16")) == {}


def test_an_id_that_is_no_config() -> None:
    row = history_row(DEVICE, 1, CONFIGS[0]) | {"config_id": "M1"}
    with pytest.raises(ConfigError, match="missing key"):
        history(row)


def test_two_files_for_one_layer_are_an_error() -> None:
    rows = [
        history_row(DEVICE, 1, Config(16, 64, 64, 1, 4, 2), file=name)
        for name in ("a.json", "b.json")
    ]
    with pytest.raises(ConfigError, match=r"a.json and b.json stand for the same layer"):
        history(*rows)


def test_an_empty_history_has_no_files() -> None:
    assert History(pd.DataFrame(filled(HISTORY, [{"status": "rejected"}]))).files(SHAPE) == {}
