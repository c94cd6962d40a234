"""A space compiled live on this machine has the legality of the recorded one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from scripts.lib.schemas.space import COMPILED, SPACE
from scripts.lib.tables import read_table
from tests.workflow.tree import Clone

pytestmark = pytest.mark.workflow

# Of the whole spaces the quickest to compile.
DEVICE, ARCH, SCHEME = "NVIDIA_H200", "sm_90", "fp16"
TABLE = f"results/tables/space/{DEVICE}-{SCHEME}.parquet"
NAME = f"space/{ARCH}-{SCHEME}.parquet"


@pytest.fixture(scope="module")
def live(made: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The built clone after its one space was compiled again."""
    clone = made.copy(tmp_path_factory.mktemp("live") / "copy")
    path = clone.path / "params.yaml"
    params = yaml.safe_load(path.read_text(encoding="utf-8"))
    params["space"] |= {
        "mode": "live",
        "device": DEVICE,
        "scheme": SCHEME,
        "targets": {DEVICE: [SCHEME]},
        "all_committed": False,
    }
    path.write_text(yaml.safe_dump(params), encoding="utf-8")
    started = time.monotonic()
    clone.run("snakemake", "--cores", "2", "--nolock", "space")
    print(f"{ARCH} {SCHEME} compiled and judged: {time.monotonic() - started:.0f} s")
    return clone


def test_live_legality_is_the_recorded_one(made: Clone, live: Clone) -> None:
    recorded, found = (read_table(clone.path / TABLE, SPACE) for clone in (made, live))
    assert recorded["config_id"].equals(found["config_id"])
    versions = {
        "recorded": read_table(made.path / "data/recorded" / NAME, COMPILED)["triton"].unique(),
        "live": read_table(live.path / "build/live" / NAME, COMPILED)["triton"].unique(),
    }
    differ = recorded.loc[recorded["legal"] != found["legal"], "config_id"].tolist()
    assert not differ, f"legal with one Triton only ({versions}): {differ}"
    legal = recorded["legal"]
    assert legal.any()
    # What both kept of registers and spills is the compiler's own affair and changes by version.
    assert (recorded["shared_bytes"] == found["shared_bytes"])[legal].all(), versions


def test_a_second_run_compiles_nothing(live: Clone) -> None:
    cache = live.path / "build/live/space-cache.jsonl"
    before = cache.read_bytes()
    table = live.path / "build/live" / NAME
    recorded = table.read_bytes()
    table.unlink()
    live.run("snakemake", "--cores", "2", "--nolock", f"build/live/{NAME}")
    assert table.read_bytes() == recorded
    assert cache.read_bytes() == before


def test_the_recorded_tables_name_one_kernel(made: Clone) -> None:
    paths: list[Path] = sorted((made.path / "data/recorded/space").glob("*.parquet"))
    hashes = {h for path in paths for h in read_table(path, COMPILED)["kernel_hash"].unique()}
    assert len(hashes) == 1
