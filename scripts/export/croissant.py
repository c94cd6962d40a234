"""Describe the recorded data as one open dataset, in Croissant 1.0 (JSON-LD): data/croissant.json.

Every recorded file with its hash, every table's fields as its own schema has them, protocol and
limits in the words of data/README.md. What is recorded is what the manifest and the registry say:
a recording of another GPU is in as soon as it is recorded. Format: docs.mlcommons.org/croissant.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scripts.lib import json_lines, schemas
from scripts.lib.command_line import parser
from scripts.lib.files import InputError, read_json, sha256
from scripts.lib.log import run_main
from scripts.lib.manifest import read_manifest
from scripts.lib.recordings import recordings
from scripts.lib.registration import REGISTERED
from scripts.lib.tables import Table

EXAMPLE = "python -m scripts.export.croissant --out data/croissant.json"
DATA, README, PROJECT = Path("data"), Path("data/README.md"), Path("pyproject.toml")
LICENCE = "https://spdx.org/licenses/Apache-2.0"
Json = dict[str, Any]
# Words of JSON-LD that stand for those of the format, as its specification gives them.
CONTEXT: Json = {
    "@language": "en", "@vocab": "https://schema.org/", "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/", "conformsTo": "dct:conformsTo",
    **{word: f"cr:{word}" for word in (
        "citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject",
        "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField",
        "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate",
        "separator", "source", "subField", "transform",
    )},
    **{word: {"@id": f"cr:{word}", "@type": "@json"} for word in ("data", "examples")},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
}  # fmt: skip
FORMATS = {
    ".parquet": "application/x-parquet", ".json": "application/json",
    ".jsonl": "application/jsonl", ".xz": "application/x-xz",
}  # fmt: skip
TYPES = (
    (pa.types.is_string, "sc:Text"), (pa.types.is_boolean, "sc:Boolean"),
    (pa.types.is_integer, "sc:Integer"), (pa.types.is_floating, "sc:Float"),
    (pa.types.is_temporal, "sc:DateTime"),
)  # fmt: skip


def described(files: Mapping[str, str]) -> Json:
    """The dataset. ``files``: path from the repository's root -> sha256; all must be there."""
    names, about = sorted(files), _about()
    by_table: dict[str, list[str]] = {}
    for name in names:
        if name.endswith(".parquet"):
            by_table.setdefault(_schema_of(Path(name)), []).append(name)
    tables = {f"{one.name}/{one.version}": one for one in _tables()}
    unknown = sorted(set(by_table) - set(tables))
    if unknown:
        raise InputError(f"{by_table[unknown[0]][0]}: {unknown[0]} is no schema of scripts.lib")
    text = README.read_text(encoding="utf-8")
    devices = sorted({one.device for one in recordings() if one.device})
    version = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "graphx",
        "description": "Tuned fused mixture-of-experts kernel configs: their public history, "
        f"legal spaces by GPU, and what was measured of them on {' and '.join(devices)}.",
        "license": LICENCE,
        "creator": {"@type": "sc:Organization", "name": "graphx"},
        "citeAs": f"graphx {version}: tuned fused-MoE kernel configs, measured",
        "version": version,
        "datePublished": _last_day(names),
        "keywords": ["GPU kernels", "autotuning", "mixture of experts", *devices],
        "isLiveDataset": False,
        "rai:dataCollection": section(text, "Protocol"),
        "rai:dataLimitations": section(text, "Known limits"),
        "distribution": [
            *(_file(name, files[name], about) for name in names),
            *(_file_set(tables[key], by_table[key]) for key in sorted(by_table)),
        ],
        "recordSet": [_record_set(tables[key], by_table[key]) for key in sorted(by_table)],
    }


def section(text: str, heading: str) -> str:
    """The words under a heading of Markdown, up to the next one. InputError if there are none."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.M | re.S)
    if found is None or not found[1].strip():
        raise InputError(f"{README}: lacks a section {heading!r}; it describes the dataset")
    return found[1].strip()


def recorded_files() -> dict[str, str]:
    """Path -> sha256 of what is recorded, and of what is registered."""
    own = {path.as_posix(): sha256(path) for path in sorted(REGISTERED.iterdir())}
    return {**read_manifest(), **own}


def _schema_of(path: Path) -> str:
    try:
        held = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read ({error}); `make restore`") from error
    return str(held.get(b"graphx", b"none").decode())


def _tables() -> Iterable[Table]:
    """Every schema of scripts.lib.schemas."""
    for one in pkgutil.iter_modules(schemas.__path__):
        module = importlib.import_module(f"{schemas.__name__}.{one.name}")
        yield from (value for value in vars(module).values() if isinstance(value, Table))


def _about() -> dict[str, str]:
    """Folder or file of a recording -> what it is."""
    return {
        one.path: ", ".join(filter(None, (one.role.replace("_", " "), one.device, one.scope)))
        for one in recordings()
    }


def _file(name: str, digest: str, about: Mapping[str, str]) -> Json:
    here = Path(name).relative_to(DATA).as_posix()
    of = next((text for path, text in about.items() if f"{name}/".startswith(f"{path}/")), "")
    made = {
        "@type": "cr:FileObject", "@id": here, "name": here, "contentUrl": here,
        "contentSize": f"{Path(name).stat().st_size} B",
        "encodingFormat": FORMATS[Path(name).suffix], "sha256": digest,
    }  # fmt: skip
    return made | ({"description": of} if of else {})


def _file_set(table: Table, files: list[str]) -> Json:
    return {
        "@type": "cr:FileSet", "@id": f"{table.name}-files", "name": f"{table.name}-files",
        "description": f"Files with the columns of {table.name}, version {table.version}.",
        "encodingFormat": FORMATS[".parquet"],
        "includes": [Path(name).relative_to(DATA).as_posix() for name in files],
    }  # fmt: skip


def _record_set(table: Table, files: list[str]) -> Json:
    return {
        "@type": "cr:RecordSet", "@id": table.name, "name": table.name, "description": table.doc,
        "field": [
            {
                "@type": "cr:Field", "@id": f"{table.name}/{column.name}",
                "name": f"{table.name}/{column.name}", "description": column.doc,
                "dataType": data_type(column.type),
                "source": {"fileSet": {"@id": f"{table.name}-files"},
                           "extract": {"column": column.name}},
            }
            for column in table.columns
        ],
    }  # fmt: skip


def data_type(kind: pa.DataType) -> str:
    """The format's word for an Arrow type."""
    return next(word for is_so, word in TYPES if is_so(kind))


def _last_day(names: Iterable[str]) -> str:
    """Day of the last measuring run."""
    runs = [Path(name) for name in names if name.endswith("/runs.json")]
    started = (run["started"] for path in runs for run in read_json(path)["runs"])
    return str(max(started))[:10]


def main(argv: list[str] | None = None) -> int:
    """Describe what is recorded, write."""
    made = parser(__doc__, EXAMPLE)
    made.add_argument("--out", type=Path, required=True, help="JSON-LD file, beside the data")
    arguments = made.parse_args(argv)
    return run_main(lambda: json_lines.write(arguments.out, described(recorded_files())))


if __name__ == "__main__":
    sys.exit(main())
