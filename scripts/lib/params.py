"""The file of parameters against its schema: what is wrong with it, in a line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.lib.files import InputError, read_yaml
from scripts.lib.names import unknown_name
from scripts.lib.schemes import schemes

_WHOLE = "params.schema.yaml"


def params_schema(folder: Path) -> dict[str, Any]:
    """The JSON schema of the parameters, a key for each phase that describes some.

    ``folder``: what all have in common, and by ``PHASE.yaml`` a phase's keys, each with its schema.
    """
    phases = {
        path.stem: {**_keys(read_yaml(path)), "type": "object"}
        for path in sorted(folder.glob("*.yaml"))
        if path.name != _WHOLE
    }
    whole: dict[str, Any] = {**read_yaml(folder / _WHOLE), **_keys(phases)}
    whole["$defs"]["scheme"]["enum"] = list(schemes())
    return whole


def _keys(found: Mapping[str, Any]) -> dict[str, Any]:
    """Those keys, all of them, and no others."""
    return {"properties": found, "required": list(found), "additionalProperties": False}


def check_params(params: Mapping[str, Any], name: str, schemas: Path) -> None:
    """InputError names the file, the key and what is allowed there.

    ``name``: of the file that the parameters stand in. ``schemas``: a folder, see above.
    """
    import jsonschema  # noqa: PLC0415 - a GPU machine checks no parameters

    validator = jsonschema.Draft202012Validator(params_schema(schemas))
    error = next(iter(sorted(validator.iter_errors(params), key=_depth)), None)
    if error is not None:
        raise InputError(f"{name}: {_words(error)}")


def _depth(error: Any) -> tuple[int, str]:
    return len(error.absolute_path), error.json_path


def _words(error: Any) -> str:
    key = ".".join(map(str, error.absolute_path))
    where = f"{key}: " if key else ""
    known = list(error.schema.get("properties", ()))
    if error.validator == "additionalProperties" and known:
        unknown = sorted(set(error.instance) - set(known))
        return f"{where}{unknown_name('key', str(unknown[0]), known)}; keys: {', '.join(known)}"
    if error.validator == "required":
        missing = [one for one in error.validator_value if one not in error.instance]
        return f"{where}lacks the key {', '.join(missing)}; keys: {', '.join(known)}"
    return f"{where}{error.message}"
