"""The state of a GPU during a cell, and whether anybody else uses it before."""

import time
from dataclasses import replace

import pytest

from scripts.lib.files import InputError
from scripts.measure.controller.idle import check_idle
from scripts.measure.controller.monitor import Monitor, summary
from scripts.measure.device.interpreter import InterpreterGpu
from scripts.measure.device.state import Process
from tests.measure.scripted import IDLE, ScriptedGpu


def test_readings_go_on_for_as_long_as_the_block():
    gpu = ScriptedGpu(states=(IDLE, replace(IDLE, sm_clock_mhz=1000)))
    with Monitor(gpu, period_s=0.01) as monitor:
        time.sleep(0.2)
    read = len(monitor.states)
    assert read > 5
    assert {state.sm_clock_mhz for state in monitor.states} == {1000, 1980}
    time.sleep(0.05)
    assert len(monitor.states) == read


def test_a_short_block_has_its_first_and_its_last_reading():
    with Monitor(ScriptedGpu()) as monitor:
        pass
    assert monitor.states == [IDLE, IDLE]


def test_a_driver_that_fails_meanwhile_is_not_passed_over():
    gpu = ScriptedGpu()
    with pytest.raises(OSError, match="lost"), Monitor(gpu, period_s=0.01):
        gpu.state = broken
        time.sleep(0.1)


def broken():
    raise OSError("the GPU is lost")


def test_the_summary_is_of_all_readings():
    warm = replace(IDLE, sm_clock_mhz=1500, temperature_c=70, throttled=("sw_thermal",))
    hot = replace(IDLE, sm_clock_mhz=1200, power_w=650.0, throttled=("hw_thermal", "sw_thermal"))
    found = summary([IDLE, warm, hot])
    assert (found["sm_clock_min_mhz"], found["sm_clock_mhz"]) == (1200, 1500)
    assert found["sm_clock_max_mhz"] == 1980
    assert (found["temperature_c"], found["power_w"]) == (70, 650.0)
    assert found["throttled"] == ["hw_thermal", "sw_thermal"]
    assert (found["readings"], len(found["states"])) == (3, 2)


def test_a_machine_without_sensors_has_none_to_sum_up():
    found = summary([InterpreterGpu().state()] * 2)
    assert found["sm_clock_mhz"] is found["temperature_c"] is found["power_w"] is None
    assert found["throttled"] == []


def test_a_gpu_in_use_is_refused_by_name_or_marked():
    gpu = ScriptedGpu(running=[Process(4711, "python")])
    with pytest.raises(InputError, match=r"GPU 0 is busy \(other processes: 4711 \(python\)\)"):
        check_idle(gpu, allow_busy=False, patience_s=0)
    assert check_idle(gpu, allow_busy=True)
    assert not check_idle(ScriptedGpu(), allow_busy=True)


def test_work_of_nobody_to_be_seen_is_found_too():
    gpu = ScriptedGpu(states=(replace(IDLE, utilisation=40),))
    with pytest.raises(InputError, match="40% utilisation"):
        check_idle(gpu, allow_busy=False, patience_s=0)
    assert not check_idle(ScriptedGpu(states=(replace(IDLE, utilisation=2),)), allow_busy=False)


def test_a_process_that_is_just_ending_is_waited_for():
    gpu = ScriptedGpu(states=(replace(IDLE, utilisation=90), IDLE))
    assert not check_idle(gpu, allow_busy=False, patience_s=5)
