"""Whatever an engine's process does, it ends as an outcome with a reason, and others go on."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts.engine.outcome import Outcome
from scripts.engine.spec import spec_of
from scripts.engine.supervisor import Deadlines, Engine
from scripts.engine.turn import turn
from scripts.engine.watchdog import Watchdog

PROGRAM = (sys.executable, "-m", "tests.engine.scripted")
MODEL = {"architectures": ["MixtralForCausalLM"], "num_hidden_layers": 4}


def made(
    folder: Path, name: str = "one", fault: str = "", read: str | None = None, **more
) -> Engine:
    spec = spec_of({"name": name, "model": MODEL, **more.pop("spec", {})})
    environment = {**os.environ, "FAULT": fault, "CHILD": str(folder / "child")}
    if read is not None:
        environment["READ"] = read
    deadlines = Deadlines(boot=20.0, other=more.pop("other", 20.0))
    return Engine(spec, folder / name, deadlines=deadlines, program=PROGRAM,
                  environment=environment, **more)  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "outcome", "reason"),
    [
        ("crash", Outcome.CRASH, "killed by SIGKILL"),
        ("leave", Outcome.CRASH, "exited with status 3; the last words"),
        ("out_of_memory", Outcome.OUT_OF_MEMORY, "MemoryError"),
        ("no_space", Outcome.NO_SPACE, "No space left on device"),
        ("port_taken", Outcome.PORT_TAKEN, "Address already in use"),
        ("garbage", Outcome.CRASH, "no answer: step 3 of 5 done"),
    ],
)
@pytest.mark.parametrize("at", ["boot", "latency"])
def test_every_death_is_an_outcome_with_a_reason(tmp_path, fault, outcome, reason, at):
    engine = made(tmp_path, fault=f"{at}:{fault}")
    answers = [engine.boot(), engine.ask("latency", batch=4), engine.ask("memory")]
    first = answers[0 if at == "boot" else 1]
    assert first.outcome is outcome
    assert reason in first.reason
    assert not engine.alive
    assert answers[2] == first  # the end is told again, whatever is asked
    engine.stop()


def test_a_refused_boot_is_its_own_word_and_a_refused_question_leaves_the_engine(tmp_path):
    refused = made(tmp_path, "refused", "boot:refuse")
    assert refused.boot().outcome is Outcome.BOOT_FAILED
    assert not refused.alive
    engine = made(tmp_path, fault="latency:refuse")
    assert engine.boot().ok
    answer = engine.ask("latency")
    assert (answer.outcome, answer.reason) == (Outcome.FAILED, "ValueError: no such layer")
    assert engine.ask("memory").ok
    engine.stop()


def test_a_hang_ends_with_all_that_it_started(tmp_path):
    engine = made(tmp_path, fault="latency:hang", other=0.5)
    assert engine.boot().ok
    answer = engine.ask("latency")
    assert (answer.outcome, answer.reason) == (Outcome.HANG, "latency: no answer within 0.5 s")
    child = int((tmp_path / "child").read_text())
    until = time.monotonic() + 20  # a busy machine takes a while to carry out a kill
    while lives(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not lives(child)


def test_a_file_that_was_not_read_is_found_at_boot(tmp_path):
    folder = tmp_path / "configs"
    folder.mkdir()
    spec = {"config_folder": str(folder)}
    right = made(tmp_path, spec=spec)
    answer = right.boot()
    assert answer.ok
    assert answer.result["configs"] == [f"{folder}/E=8.json"]
    right.stop()
    wrong = made(tmp_path, "wrong", read="/other", spec=spec)
    answer = wrong.boot()
    assert (answer.outcome, answer.reason) == (
        Outcome.FILE_NOT_READ, "another file was read: /other/E=8.json",
    )  # fmt: skip
    assert not wrong.alive


def test_a_check_makes_a_result_wrong_and_the_engine_goes_on(tmp_path):
    engine = made(tmp_path)
    assert engine.boot().ok
    answer = engine.ask("generate", check=lambda found: f"said {found['do']}", prompts=[[1]])
    assert (answer.outcome, answer.reason) == (Outcome.WRONG_OUTPUT, "said generate")
    assert engine.ask("generate", prompts=[[1]]).result["prompts"] == [[1]]
    engine.stop()


def test_the_environment_says_which_kernels_are_measured(tmp_path):
    engine = made(tmp_path, spec={"routing": "uniform", "environment": {"MINE": "yes"}})
    found = engine.boot().result["environment"]
    assert found["VLLM_ENABLE_V1_MULTIPROCESSING"] == "0"
    assert found["VLLM_MOE_ROUTING_SIMULATION_STRATEGY"] == "uniform_random"
    assert found["MINE"] == "yes"
    assert "VLLM_TUNED_CONFIG_FOLDER" not in found
    engine.stop()


def test_boots_are_side_by_side_and_one_that_fails_disturbs_no_other(tmp_path):
    engines = [made(tmp_path, f"e{n}", "boot:crash" if n == 1 else "") for n in range(3)]
    with ThreadPoolExecutor(3) as pool:
        assert [answer.ok for answer in pool.map(Engine.boot, engines)] == [True, False, True]
    assert engines[0].ask("latency", batch=1).result["batch"] == 1
    for engine in engines:
        engine.stop()


def test_engines_take_turns(tmp_path):
    lock = tmp_path / "turn"
    engine = made(tmp_path, lock=lock)
    assert engine.boot().ok
    answered = threading.Event()

    def ask() -> None:
        engine.ask("latency")
        answered.set()

    with turn(lock):
        thread = threading.Thread(target=ask)
        thread.start()
        assert not answered.wait(0.3)
    assert answered.wait(10)
    thread.join()
    engine.stop()


def test_the_watchdog_sees_an_engine_while_it_lives(tmp_path):
    lines: list[dict] = []
    with Watchdog(lines.append, lambda: 7, every_s=0.05) as watchdog:
        engine = made(tmp_path, watchdog=watchdog)
        assert engine.boot().ok
        time.sleep(0.2)
        engine.stop()
    seen = [line["resident_bytes"].get("one") for line in lines]
    assert any(bytes_ and bytes_ > 1 << 20 for bytes_ in seen)
    assert seen[-1] is None
    assert all(line["gpu_bytes"] == 7 for line in lines)


def test_an_engine_outlives_the_thread_that_booted_it(tmp_path: Path) -> None:
    """With what the worker itself does about its parent: the kernel's signal comes by thread."""
    code = (
        "import sys; from scripts.engine.worker import run_worker\n"
        "class One:\n"
        "    QUESTIONS = ('memory',)\n"
        "    def __init__(self, spec, folder): pass\n"
        "    facts = memory = lambda self: {'there': True}\n"
        "sys.exit(run_worker(One, sys.argv[1:]))"
    )
    spec = spec_of({"name": "one", "model": {"architectures": ["A"]}})
    engine = Engine(spec, tmp_path, program=(sys.executable, "-c", code))
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(engine.boot).result().ok
    time.sleep(0.2)
    assert engine.ask("memory").result == {"there": True}
    engine.stop()


RUN = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from scripts.engine.supervisor import Deadlines, Engine
from scripts.engine.spec import spec_of
spec = spec_of({"name": "one", "model": {"architectures": ["M"]}})
engine = Engine(spec, Path(sys.argv[1]), program=(sys.executable, "-m", "tests.engine.scripted"))
with ThreadPoolExecutor(1) as pool:
    assert pool.submit(engine.boot).result().ok
assert engine.ask("memory").ok  # the thread that started it has ended, and it lives
print(engine._process.pid, flush=True)
engine.ask("latency")
"""


def test_a_killed_run_leaves_no_engine_behind(tmp_path):
    environment = {**os.environ, "FAULT": "latency:hang", "CHILD": str(tmp_path / "child")}
    run = subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path / "boot")],
                           stdout=subprocess.PIPE, text=True, env=environment)  # fmt: skip
    pid = int(run.stdout.readline())
    until = time.monotonic() + 20
    while not (tmp_path / "child").exists() and time.monotonic() < until:
        time.sleep(0.02)
    run.kill()
    run.wait()
    children = [pid, int((tmp_path / "child").read_text())]
    while any(map(lives, children)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(map(lives, children))


def lives(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] not in "ZX"
