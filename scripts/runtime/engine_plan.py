"""Plan an engine study: models with few layers, their boots, and the config files to compare.

Of each layer that the operator was recorded at, three ways to launch it meet in the engine:
`committed`, vLLM's own file; `default`, what it launches without one, as a file; `ours`, rows that
the operator's record chose (scripts.runtime.op_rows). Models are asked for with their layers, and
are those of data/models.yaml and data/architectures.yaml; an own intermediate size is one rank's.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.engine.architecture import QUANTIZATION, config_of, moe_layers, with_layers
from scripts.engine.spec import EngineSpec
from scripts.lib import command_line
from scripts.lib.config import Config
from scripts.lib.files import InputError, read_yaml, write_json
from scripts.lib.log import run_main
from scripts.lib.runtimes.files import write_runtime_files
from scripts.lib.shape import BATCH_LADDER, Shape
from scripts.runtime.installed import TRITON
from scripts.runtime.op_rows import (
    chosen_rows,
    committed_of,
    configs_of,
    default_rows,
    first_of_each,
    read_uniform,
)

LOG = logging.getLogger("runtime.engine_plan")
COMMITTED, DEFAULT, OURS = "committed", "default", "ours"
_STUDY, _MODEL = ("device", "boots", "models", "engine"), ("name", "model", "scheme", "layers")
EXAMPLE = """example:
  python -m scripts.runtime.engine_plan --study data/engine_study.yaml \\
    --measured data/recorded/measured/nvidia_h200-op --out build/engine
"""


def read_study(path: Path) -> dict[str, Any]:
    """A study as people write it. InputError names the field that is missing."""
    study = read_yaml(path)
    lacking = [key for key in _STUDY if not isinstance(study, dict) or key not in study]
    if lacking:
        raise InputError(f"{path}: lacks {', '.join(lacking)}; data/engine_study.yaml has them")
    for number, model in enumerate(study["models"], 1):
        lacking = [key for key in _MODEL if not isinstance(model, dict) or key not in model]
        if lacking:
            raise InputError(f"{path}: model {number}: lacks {', '.join(lacking)}")
    return dict(study)


def spec_for(model: Mapping[str, Any], boot: int, common: Mapping[str, Any]) -> EngineSpec:
    """The boot of a model of the study."""
    scheme = model["scheme"]
    sizes = {key: model[key] for key in ("intermediate",) if key in model}
    config = with_layers(config_of(model["model"], **sizes), model["layers"])
    return EngineSpec(
        name=f"{model['name']}-{boot}",
        model={**config, **model.get("config", {})},
        quantization=QUANTIZATION[scheme],
        **{**common, **model.get("engine", {})},
        seed=boot,
    )


def shape_for(model: Mapping[str, Any]) -> Shape:
    """The MoE layer that the engine computes."""
    spec = spec_for(model, 0, {})
    assert spec.model is not None
    keys = read_yaml(Path("data/architectures.yaml"))[model["model"]]["keys"]
    size = {name: int(spec.model[keys[name]]) for name in keys}
    return Shape(
        size["experts"], size["intermediate"], size["hidden"], size["top_k"], model["scheme"]
    )


def rows_of(shape: Shape, cells: pd.DataFrame, finals: pd.DataFrame) -> tuple[dict[int, str], bool]:
    """Our rows by batch size, and whether vLLM has a file of its own (both of one GPU)."""
    named = committed_of(cells)
    rows = chosen_rows(shape, finals, named)
    if not rows:
        raise InputError(f"{shape.id}: the operator was not recorded at it; name another layer")
    return rows, any(cell.split("/")[1] == shape.id for cell in named)


def write_configs(
    folder: Path, shape: Shape, device: str, ours: Mapping[int, Config], committed: bool
) -> dict[str, str | None]:
    """Files of the configs to compare; by their name the folder, None: nothing is put before."""
    files = {OURS: dict(ours)}
    if committed:
        files[DEFAULT] = default_rows(shape, list(BATCH_LADDER))
    found: dict[str, str | None] = {COMMITTED if committed else DEFAULT: None}
    for name, rows in files.items():
        at = folder / shape.id / name
        write_runtime_files(at, shape, device, rows, TRITON, ["vllm"])
        found[name] = (Path(shape.id) / name / "vllm").as_posix()
    return dict(sorted(found.items()))


def plan(
    study: Mapping[str, Any], cells: pd.DataFrame, finals: pd.DataFrame, folder: Path
) -> dict[str, Any]:
    """The plan of a study (see data/engine_study.yaml), its files of configs below ``folder``."""
    models, boots = [], []
    for model in study["models"]:
        shape = shape_for(model)
        rows, committed = model.get("rows"), False
        if rows is None:
            rows, committed = rows_of(shape, cells, finals)
        configs = write_configs(folder, shape, study["device"], configs_of(rows), committed)
        spec = spec_for(model, 0, study["engine"])
        models.append({
            "name": model["name"], "model": model["model"], "shape": shape.id,
            "scheme": shape.scheme, "layers": model["layers"],
            "moe_layers": moe_layers(spec.config()), "configs": configs, "rows": rows,
        })  # fmt: skip
    for boot in range(study["boots"]):
        for model in study["models"]:
            spec = spec_for(model, boot, study["engine"])
            boots.append({"model": model["name"], "boot": boot, "spec": spec.to_dict()})
    for fault in study.get("faults", []):
        boots.append(failing(fault, models, study))
    hashes = sorted(set(cells["kernel_hash"]))
    if len(hashes) != 1:
        raise InputError(f"recordings of {len(hashes)} operators: {hashes}; name those of one")
    kept = ("device", "batches", "input", "steps", "profiled", "passes", "parity", "serve", "draws")
    return {
        "models": models,
        "boots": boots,
        "kernel_hash": hashes[0],
        **({"bench": bench(study, models)} if "bench" in study else {}),
        **{key: study[key] for key in kept if key in study},
    }


def bench(study: Mapping[str, Any], models: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The servers of a study, of one of its models with more layers; the last config is booted
    with in every other boot, so that the server's own log says that the file was read."""  # noqa: D205,D209
    asked = study["bench"]
    chosen = next(one for one in study["models"] if one["name"] == asked["of"])
    planned = next(one for one in models if one["name"] == asked["of"])
    model = {**chosen, "layers": asked["layers"]}
    engine = {**study["engine"], **asked["engine"]}
    boots = []
    for boot in range(asked["boots"]):
        spec = spec_for(model, boot, engine).to_dict()
        folder = list(planned["configs"].values())[-1] if boot % 2 else None
        named = {"name": f"http-{model['name']}-{boot}", "config_folder": folder}
        boots.append({"boot": boot, "spec": {**spec, **named}})
    layers = {"layers": asked["layers"], "moe_layers": asked["layers"]}
    return {"model": {**planned, **layers}, "boots": boots, "load": asked["load"]}


def failing(
    fault: Mapping[str, Any], models: Sequence[Mapping[str, Any]], study: Mapping[str, Any]
) -> dict[str, Any]:
    """A boot that has to fail; only asked for to see that it is an outcome."""
    by_name = {one["name"]: one for one in study["models"]}
    spec = spec_for(by_name[fault["of"]], 0, {**study["engine"], **fault.get("engine", {})})
    other = next((one for one in models if one["name"] == fault.get("configs_of")), None)
    changed = {"name": f"fault-{fault['name']}", "config_folder": other and other["configs"][OURS]}
    act = {"act": fault["act"]} if "act" in fault else {}
    return {"model": fault["of"], "boot": 0, "fault": fault["name"], **act,
            "spec": {**spec.to_dict(), **changed}}  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Read the study and the recordings, plan, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--study", type=Path, required=True, help="models, boots and batches (YAML)")
    add("--measured", type=Path, nargs="+", required=True, help="recordings of the operator")
    add("--out", type=Path, required=True, help="folder to write: plan.json and config files")
    args = parser.parse_args(argv)

    def body() -> None:
        cells, finals = first_of_each(read_uniform(args.measured))
        made = plan(read_study(args.study), cells, finals, args.out)
        write_json(args.out / "plan.json", made)
        LOG.info("%s: %d boots of %d models", args.out, len(made["boots"]), len(made["models"]))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
