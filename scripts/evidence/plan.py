"""Plan a suite: make of what people write the JSON that a run takes, with nothing left to look up.

A model is named as data/models.yaml and data/architectures.yaml have it. A leg's config files are
`default` (rows by the runtime's own heuristic), `shipped` (the file in the runtime's wheel, read
where the suite runs), or a folder that holds a file of the layer's name; its `switches` are further
fields of the engine, of the timed one and of the one that answers. A `wide` leg has the small model
among zeros, for kernels that take none as narrow.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.engine.architecture import QUANTIZATION, SIZES, config_of, with_layers
from scripts.evidence.model.network import Size
from scripts.evidence.suite import SHIPPED, suite_of
from scripts.lib.command_line import parser
from scripts.lib.files import InputError, read_object, read_yaml, write_json
from scripts.lib.log import run_main
from scripts.lib.names import unknown_name
from scripts.lib.runtimes.body import body
from scripts.lib.runtimes.default_config import default_config
from scripts.lib.runtimes.runtime import VLLM
from scripts.lib.shape import BATCH_LADDER, Shape
from scripts.runtime.installed import TRITON

EXAMPLE = (
    "python -m scripts.evidence.plan --suite data/suites/moe_configs.yaml --out build/suite.json"
)
_WRITTEN = ("model", "engine", "answering")  # said once for all legs
_PACKED = "mxfp4_w4a16"


def planned(written: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The JSON of a suite as people write it. InputError names the field and the fix."""
    try:
        model, common = written["model"], written["engine"]
        legs, device, name = written["legs"], written["device"], model["name"]
    except (KeyError, TypeError) as error:
        raise InputError(f"{where}: lacks {error}; data/suites/ has examples") from error
    scheme = model.get("scheme", "bf16")
    if scheme not in QUANTIZATION:
        raise unknown_name(f"{where}: model: scheme", scheme, QUANTIZATION)
    config = config_of(name, **model.get("sizes", {}))
    layers = common.get("layers", config["num_hidden_layers"])
    engine = {**common, "model": with_layers(config, layers)}
    engine.pop("layers", None)
    if QUANTIZATION[scheme] is not None:
        engine["quantization"] = QUANTIZATION[scheme]
    shape = shape_of(name, model, scheme)
    made = {key: value for key, value in written.items() if key not in _WRITTEN}
    made["legs"] = [
        _leg(one, engine, written.get("answering"), shape, device, f"{where}: legs") for one in legs
    ]
    suite_of(made, where)
    return made


def read_plan(path: Path) -> dict[str, Any]:
    """A planned suite: of its JSON, or of the YAML that people write."""
    if path.suffix == ".json":
        return read_object(path, "name", "device", "legs")
    return planned(read_yaml(path), str(path))


def shape_of(name: str, model: Mapping[str, Any], scheme: str) -> Shape:
    """The layer whose config files a leg may bring."""
    known = {one["name"]: one for one in read_yaml(Path("data/models.yaml"))["models"]}
    sizes = [model.get("sizes", {}).get(key, known[name][key]) for key in SIZES]
    experts, hidden, intermediate, top_k = sizes
    return Shape(experts, intermediate, hidden, top_k, scheme)


def _leg(
    one: Mapping[str, Any], engine: Mapping[str, Any], answering: Any,
    shape: Shape, device: str, where: str,
) -> dict[str, Any]:  # fmt: skip
    known = {"name", "configs", "switches", "wide"}
    for key in one:
        if key not in known:
            raise unknown_name(f"{where}: field", key, known)
    switches = one.get("switches", {})
    leg: dict[str, Any] = {"name": one.get("name"), "engine": {**engine, **switches}}
    if answering is not None:
        leg |= {"answering": {**answering, **switches}, "packed": shape.scheme == _PACKED,
                "wide": one.get("wide", False)}  # fmt: skip
    if "configs" in one:
        name = VLLM.file_name(shape, device)
        small = Size(1)
        own = Shape(small.experts, small.intermediate, small.hidden, small.top_k, "bf16")
        leg["rows"] = rows(one["configs"], name, shape, device, where)
        leg["files"] = [name, *([VLLM.file_name(own, device)] if answering is not None else [])]
    return leg


def rows(source: str, name: str | None, shape: Shape, device: str, where: str) -> dict[str, Any]:
    """Rows of a config file by where they come from."""
    if name is None:
        raise InputError(f"{where}: configs: the runtime reads none for {shape.id}")
    if source == "default":
        configs = {tokens: default_config(shape, tokens) for tokens in BATCH_LADDER}
        made: dict[str, Any] = json.loads(body(VLLM, shape, device, configs, TRITON))
        return made
    if source == SHIPPED:
        return {SHIPPED: name}
    path = Path(source) / name
    if not path.is_file():
        raise InputError(f"{where}: configs: {path}: not found; default, shipped or a folder")
    return read_object(path)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser(__doc__, EXAMPLE)
    made.add_argument("--suite", type=Path, required=True, help="a suite as people write it, YAML")
    made.add_argument("--out", type=Path, required=True, help="the planned suite, JSON")
    return made


def main(argv: list[str] | None = None) -> int:
    """Read, plan, write."""
    arguments = make_parser().parse_args(argv)

    return run_main(lambda: write_json(arguments.out, read_plan(arguments.suite)))


if __name__ == "__main__":
    sys.exit(main())
