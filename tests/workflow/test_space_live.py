"""A space compiled live on this machine has the legality of the recorded one.

The compilation goes on from a cache that holds four of five binaries, as the recording has them:
those compiled here are of every tile, number of warps and of stages.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
import yaml

from scripts.lib.config import Config
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.space import COMPILED, FACT_NAMES, SPACE
from scripts.lib.tables import read_table
from scripts.space.binaries import Binary
from scripts.space.cache import Cache
from scripts.space.compile import binaries_by_table
from tests.workflow.tree import Clone

pytestmark = pytest.mark.workflow

# Of the whole spaces the quickest to compile.
DEVICE, ARCH, SCHEME = "NVIDIA_H200", "sm_90", "fp16"
TABLE = f"results/tables/space/{DEVICE}-{SCHEME}.parquet"
NAME = f"space/{ARCH}-{SCHEME}.parquet"
CACHE = "build/live/space-cache.jsonl"
# Of how many binaries one is compiled here. Names differ fastest in stages, of which there are
# four, and warps, two: none of both divides it.
ONE_OF = 5


def left_out(clone: Clone) -> list[Binary]:
    """The binaries that the cache does not get; those that it gets have the recorded results."""
    history = read_table(
        clone.path / "data/recorded/history.parquet", HISTORY,
        columns=["scheme", "status", "config_id"],
    )  # fmt: skip
    (binaries,) = binaries_by_table([(ARCH, SCHEME)], history, all_committed=False).values()
    rows = read_table(clone.path / "data/recorded" / NAME, COMPILED)
    recorded = {
        (row["config_id"], row["gemm"], row["drawn"]): row for row in rows.to_dict("records")
    }
    ordered = sorted(binaries, key=lambda one: (one.drawn, one.gemm, one.config.id))
    compiled = ordered[::ONE_OF]
    searched = [one.config for one in ordered if not one.drawn]
    assert values_of(searched) <= values_of(one.config for one in compiled)
    with closing(Cache(clone.path / CACHE)) as cache:
        for one in set(ordered) - set(compiled):
            cache.add(one, as_compiled(recorded[one.config.id, one.gemm, one.drawn]))
    return compiled


def values_of(configs: Iterable[Config]) -> set[tuple[str, int]]:
    """Each parameter of a launch with each of its values."""
    return {pair for config in configs for pair in config.to_entry().items()}


def as_compiled(row: dict[str, object]) -> dict[str, object]:
    """A recorded row, as the compiler's process says it; occupancy follows from the facts."""
    facts = {name: row[name] for name in FACT_NAMES if name != "occupancy"}
    reason = row["reason"]
    return {
        "outcome": row["outcome"],
        "reason": None if pd.isna(reason) else reason,
        "facts": {**facts, "waves_per_simd": None},
    }


@pytest.fixture(scope="module")
def live(made: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The built clone after a part of its one space was compiled again."""
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
    wanted = left_out(clone)
    before = len((clone.path / CACHE).read_bytes().splitlines())
    started = time.monotonic()
    clone.run("snakemake", "--cores", "2", "--nolock", "space")
    print(f"{ARCH} {SCHEME} compiled and judged: {time.monotonic() - started:.0f} s")
    assert len((clone.path / CACHE).read_bytes().splitlines()) - before == len(wanted) > 50
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
    cache = live.path / CACHE
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
